// Sends a known number of spans, log records and points by Go's SDK, over the protocol of its argument.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const requests = 500

type exporters struct {
	traces  sdktrace.SpanExporter
	logs    sdklog.Exporter
	metrics sdkmetric.Exporter
}

func newExporters(ctx context.Context, protocol string) (exporters, error) {
	if protocol == "grpc" {
		traces, err := otlptracegrpc.New(ctx)
		logs, logsErr := otlploggrpc.New(ctx)
		metrics, metricsErr := otlpmetricgrpc.New(ctx)
		return exporters{traces, logs, metrics}, errors.Join(err, logsErr, metricsErr)
	}
	traces, err := otlptracehttp.New(ctx)
	logs, logsErr := otlploghttp.New(ctx)
	metrics, metricsErr := otlpmetrichttp.New(ctx)
	return exporters{traces, logs, metrics}, errors.Join(err, logsErr, metricsErr)
}

func send(ctx context.Context, protocol string) error {
	to, err := newExporters(ctx, protocol)
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(to.traces))
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(to.logs)))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(to.metrics)))

	tracer, logger, meter := tracers.Tracer("sender"), loggers.Logger("sender"), meters.Meter("sender")
	jobs, err := meter.Int64Counter("jobs", metric.WithUnit("{job}"), metric.WithDescription("Jobs done."))
	if err != nil {
		return err
	}
	duration, err := meter.Float64Histogram("duration", metric.WithUnit("s"))
	if err != nil {
		return err
	}
	severities := []log.Severity{log.SeverityInfo, log.SeverityWarn, log.SeverityError}
	for index := range requests {
		server, span := tracer.Start(ctx, "GET /tasks/:id", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", "GET"),
			attribute.String("http.route", "/tasks/:id"),
			attribute.Int("index", index),
			attribute.String("text", "ä😀"),
			attribute.Float64("ratio", 0.1),
			attribute.Bool("yes", true),
			attribute.StringSlice("list", []string{"a", "b"}),
		))
		_, child := tracer.Start(server, "SELECT work", trace.WithSpanKind(trace.SpanKindClient))
		child.End()
		var record log.Record
		record.SetSeverity(severities[index%len(severities)])
		record.SetBody(attribute.StringValue(fmt.Sprintf("record %d", index)))
		record.AddAttributes(attribute.Int("index", index))
		logger.Emit(server, record)
		if index == requests-1 {
			span.SetStatus(codes.Error, "the last one fails")
		}
		span.End()
		jobs.Add(ctx, 3, metric.WithAttributes(attribute.String("queue", "mail")))
		duration.Record(ctx, 0.25)
	}
	return errors.Join(tracers.Shutdown(ctx), loggers.Shutdown(ctx), meters.Shutdown(ctx))
}

func main() {
	if err := send(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
