// One program, with telemetry or without: a route of the router that writes one log record for each request.
import { ExportResultCode } from '@opentelemetry/core';
import {
  AggregationTemporality,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { getLogger, start } from '@sonde/otel';
import { createRouter } from '@sonde/router';

const { ENGINE: engine, TO: to, RATIO: ratio = '1' } = process.env;

/** Takes everything and keeps nothing. */
class Discarded implements PushMetricExporter {
  export(_items: unknown, done: (result: { code: ExportResultCode }) => void): void {
    done({ code: ExportResultCode.SUCCESS });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

const intervalMillis = 5000;
if (engine === 'standard' || engine === 'lean') {
  const discards = to === 'nowhere';
  const reader = new PeriodicExportingMetricReader({
    exporter: new Discarded(),
    exportIntervalMillis: intervalMillis,
    exportTimeoutMillis: intervalMillis,
  });
  start({
    engine,
    serviceName: 'bench',
    traces: {
      ...(discards ? { exporter: new Discarded() } : {}),
      ...(ratio === '1' ? {} : { sampling: { ratio: Number(ratio) } }),
    },
    logs: { console: false, ...(discards ? { exporter: new Discarded() } : {}) },
    metrics: discards ? { exporter: ['none'], metricReaders: [reader] } : { intervalMillis },
  });
}

const log = getLogger('bench');
const router = createRouter().get('/users/:id', (c) => {
  log.info('Looking up a user', { 'user.id': c.params.id });
  return { id: c.params.id };
});
const { port } = await router.listen();
console.log(port);
