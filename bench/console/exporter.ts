import { SeverityNumber } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { ConsoleLogExporter } from '@sonde/exporters';

import { run } from './subject.ts';

const exporter = new ConsoleLogExporter({ stream: 'stdout', format: process.argv[2] ?? 'json' });
const rest = {
  resource: emptyResource(),
  instrumentationScope: { name: 'bench' },
  droppedAttributesCount: 0,
};
const done = (): void => undefined;
await run(
  (body, attributes) => {
    const now = Date.now();
    const hrTime: [number, number] = [Math.floor(now / 1000), (now % 1000) * 1e6];
    const record = {
      ...rest,
      hrTime,
      hrTimeObserved: hrTime,
      severityNumber: SeverityNumber.INFO,
      body,
      attributes,
    };
    exporter.export([record], done);
  },
  () => exporter.forceFlush(),
);
