/**
 * Records numbered spans and log records without a flush, and ends.
 *
 * Arguments: the first number, the count, and how it ends.
 */
import { logs, trace } from '@opentelemetry/api';
import { start } from '@sonde/otel';

const [first = '0', count = '0', ending = ''] = process.argv.slice(2);
start({ metrics: { exporter: 'none' }, logs: { console: false } });
for (let number = Number(first); number < Number(first) + Number(count); number++) {
  trace
    .getTracer('ending')
    .startSpan('work', { attributes: { seq: number } })
    .end();
  logs.getLogger('ending').emit({ body: 'worked', attributes: { seq: number } });
}
if (ending === 'process.exit()') process.exit();
if (ending === 'a crash') throw new Error('crashed');
if (ending === 'SIGTERM') {
  setInterval(() => {}, 1000);
  process.kill(process.pid, 'SIGTERM');
}
