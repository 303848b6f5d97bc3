// Formats hostile log records to a discarded stderr; exits with 1 if the cost per character grows.
import { logs, SeverityNumber } from '@opentelemetry/api';
import { start } from '@sonde/otel';
import { assertLinear } from './growth.ts';

start({
  traces: { exporter: ['none'] },
  metrics: { exporter: ['none'] },
  logs: { exporter: ['none'], console: process.argv[2] as 'json' | 'logfmt' | 'pretty' | 'python' },
});
const logger = logs.getLogger('@sonde/router');
await assertLinear((text) =>
  logger.emit({
    severityNumber: SeverityNumber.INFO,
    body: text,
    attributes: { note: text, list: [text], [text]: 'note' },
  }),
);
