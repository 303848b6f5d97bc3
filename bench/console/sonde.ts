import { SeverityNumber } from '@opentelemetry/api';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { ConsoleLogExporter } from '@sonde/exporters';

import { run } from './subject.ts';

const exporter = new ConsoleLogExporter({ stream: 'stdout', format: process.argv[2] ?? 'json' });
const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
const logger = provider.getLogger('bench');
await run(
  (body, attributes) =>
    logger.emit({ severityNumber: SeverityNumber.INFO, severityText: 'INFO', body, attributes }),
  () => provider.forceFlush(),
);
