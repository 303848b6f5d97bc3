/**
 * Uses a spool until it is killed at one call of the file system, and prints each step.
 *
 * Arguments: the directory, the number of the call, the moment, and the largest size of the spool in bytes, if it is to
 * overflow.
 */
import { writeSync } from 'node:fs';
import { Spool } from '../../../packages/exporters/src/otlp/spool/spool.ts';
import { killingFileSystem, type Moment } from './faults.ts';
import { overflow, scenario } from './scenario.ts';

const [directory = '', at = '0', moment = 'before', maxBytes = ''] = process.argv.slice(2);
const { files, count } = killingFileSystem(Number(at), moment as Moment);
const print = (line: string): void => void writeSync(1, `${line}\n`);
const spool = new Spool({
  directory,
  files,
  segmentBytes: 500,
  ...(maxBytes !== '' && { maxBytes: Number(maxBytes) }),
  onNotice: ({ code, message }) => print(`notice ${code} ${message}`),
});
const run = maxBytes === '' ? scenario : overflow;
await run(spool, (step, number) => print(`${step} ${number}`));
print(`calls ${count()}`);
