"""Sends a known number of spans, log records and points by Python's SDK, over the protocol of its argument."""

import sys

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

if sys.argv[1] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

REQUESTS = 500

tracers = TracerProvider(shutdown_on_exit=False)
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
loggers = LoggerProvider(shutdown_on_exit=False)
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], shutdown_on_exit=False)

tracer = tracers.get_tracer("sender")
logger = loggers.get_logger("sender")
meter = meters.get_meter("sender")
jobs = meter.create_counter("jobs", unit="{job}", description="Jobs done.")
duration = meter.create_histogram("duration", unit="s")
severities = [SeverityNumber.INFO, SeverityNumber.WARN, SeverityNumber.ERROR]

for index in range(REQUESTS):
    attributes = {
        "http.request.method": "GET",
        "http.route": "/tasks/:id",
        "index": index,
        "text": "ä😀",
        "ratio": 0.1,
        "yes": True,
        "list": ["a", "b"],
    }
    with tracer.start_as_current_span("GET /tasks/:id", kind=SpanKind.SERVER, attributes=attributes) as span:
        tracer.start_span("SELECT work", kind=SpanKind.CLIENT).end()
        logger.emit(
            LogRecord(
                severity_number=severities[index % len(severities)],
                body=f"record {index}",
                attributes={"index": index},
            )
        )
        if index == REQUESTS - 1:
            span.set_status(Status(StatusCode.ERROR, "the last one fails"))
    jobs.add(3, {"queue": "mail"})
    duration.record(0.25)

tracers.shutdown()
loggers.shutdown()
meters.shutdown()
