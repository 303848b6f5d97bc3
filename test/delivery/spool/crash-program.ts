/**
 * Uses a spool until it is killed at one call of the file system, and prints each step.
 *
 * Arguments: the directory, the number of the call, and the moment.
 */
import { writeSync } from 'node:fs';
import { Spool } from '../../../packages/exporters/src/otlp/spool/spool.ts';
import { killingFileSystem, type Moment } from './faults.ts';
import { scenario } from './scenario.ts';

const [directory = '', at = '0', moment = 'before'] = process.argv.slice(2);
const { files, count } = killingFileSystem(Number(at), moment as Moment);
const print = (line: string): void => void writeSync(1, `${line}\n`);
const spool = new Spool({
  directory,
  files,
  segmentBytes: 500,
  onNotice: ({ code, message }) => print(`notice ${code} ${message}`),
});
await scenario(spool, (step, number) => print(`${step} ${number}`));
print(`calls ${count()}`);
