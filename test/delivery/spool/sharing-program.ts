/**
 * Appends to a spool and delivers from it until it is killed or has appended `count` requests, and prints each step.
 *
 * Arguments: the directory, the number of the first request, and the count.
 */
import { writeSync } from 'node:fs';
import { Spool } from '../../../packages/exporters/src/otlp/spool/spool.ts';
import { endpoint, numberedRequest, toNumber } from './requests.ts';

const [directory = '', first = '0', count = '0'] = process.argv.slice(2);
const print = (line: string): void => void writeSync(1, `${line}\n`);
const spool = new Spool({
  directory,
  segmentBytes: 1000,
  listingMs: 1,
  onNotice: ({ code, message }) => print(`notice ${code} ${message}`),
});
const end = Number(first) + Number(count);
for (let number = Number(first); number < end; number += 3) {
  const numbers = [number, number + 1, number + 2];
  const entries = await Promise.all(numbers.map((each) => spool.append(numberedRequest(each))));
  for (const each of numbers) print(`stored ${each}`);
  // One is delivered from memory, one is left to the disk, and one stays in memory until the end.
  print(`delivered ${number}`);
  await entries[0]?.ack();
  entries[1]?.release();
  for (let index = 0; index < 2; index++) {
    const leased = await spool.leaseOldest(new Set([endpoint]));
    if (leased === undefined) continue;
    print(`delivered ${toNumber(leased)}`);
    await leased.ack();
  }
}
await spool.close();
