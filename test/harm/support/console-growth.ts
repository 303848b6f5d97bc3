// Formats hostile log records on a stderr that nobody keeps, and ends with 1 when the cost grows with the length.
import { logs, SeverityNumber } from '@opentelemetry/api';
import { start } from '@sonde/otel';
import { assertLinear } from './growth.ts';

start({
  traces: { exporter: ['none'] },
  metrics: { exporter: ['none'] },
  logs: { exporter: ['none'], console: process.argv[2] as 'json' | 'logfmt' | 'pretty' | 'python' },
});
const logger = logs.getLogger('@sonde/router');
await assertLinear(
  (text) =>
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      body: text,
      attributes: { note: text, list: [text], [text]: 'note' },
    }),
  { maxLength: 131_072 },
);
