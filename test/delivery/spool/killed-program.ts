/**
 * Records numbered spans and log records until it is killed, and prints the last number after each flush.
 *
 * Arguments: the first number, and the count.
 */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { logs, trace } from '@opentelemetry/api';
import { start } from '@sonde/otel';

const [first = '0', count = '0'] = process.argv.slice(2);
const print = (line: string): void => void writeSync(1, `${line}\n`);
const sonde = start({ metrics: { exporter: 'none' }, logs: { console: false } });
const tracer = trace.getTracer('killed');
const logger = logs.getLogger('killed');
const end = Number(first) + Number(count);
print('started');
for (let number = Number(first); number < end; number++) {
  tracer.startSpan('work', { attributes: { seq: number } }).end();
  logger.emit({ body: 'worked', attributes: { seq: number } });
  if (number % 4 === 3) {
    await sonde.flush();
    print(`flushed ${number}`);
  } else if (number % 4 === 1) await setTimeout(1);
}
// The process stays until it is killed.
setInterval(() => {}, 1000);
