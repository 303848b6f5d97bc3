import assert from 'node:assert/strict';
import { isFullSize } from '../../support/full-size.ts';

/** Units that are repeated to the requested length: characters with a special meaning in some parser. */
const hostileUnits: readonly string[] = [
  ...Array.from('a=&%;,["\\ .:@/-0é'),
  '://a',
  '://u:p@',
  'http://a:b@c/?d=e&',
  '%25',
  '%3D%26',
  'a=',
  'a=&',
  'a=%3D&',
  'a,',
  'a;',
  '"a":"b",',
  'password=',
  'password="',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  'eyJaaaaaaaaaaaaaaaaaaaaaaaaaaaa ',
  'Bearer ',
  'ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ',
  'aaaaaaaaaaaaaaaaaaa ',
  'user[password]',
  'a[',
  '/..',
];

/** Units that can stand in a request target or in a header field. */
export const unitsOnTheWire: readonly string[] = hostileUnits.filter((unit) => {
  const codes = Array.from(unit, (character) => character.codePointAt(0) ?? 0);
  return codes.every((code) => code > 32 && code < 127) && !unit.includes('#');
});

/** The cost of a call with an input of this length is the fixed cost of a call. */
const emptyLength = 16;
/** The cost per character of this length is the reference. */
const shortLength = 1024;
/** `npm test` uses lengths with which quadratic work is found too, in half of the time. The shorter ones warm up. */
const lengths = isFullSize ? [16_384, 131_072, 1_048_576] : [16_384, 131_072, 524_288];
/** Linear work stays near 1, quadratic work reaches 512. Caches and garbage collection explain factors below this. */
const maxGrowth = 20;
/** Shorter times are dominated by noise. */
const minMs = 5;
const rounds = 2;
/** Processor time of the calls that a short time is measured with. */
const batchMs = 1;
const maxBatch = 256;
const attempts = 3;

/** Repeats a unit to this length. */
export function repeated(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** Repeats an item, in which `#` is replaced by its number, to this length. */
export function numbered(item: string, length: number): string {
  const parts: string[] = [];
  let size = 0;
  for (let number = 0; size < length; number++) {
    const part = item.replace('#', String(number));
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
}

/** Processor time of this thread in milliseconds, which other processes do not affect. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Minimum of several runs, because other load only adds time. Short calls are repeated. */
async function leastMs(run: (text: string) => unknown, text: string): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const began = cpuMs();
    let calls = 0;
    let spentMs = 0;
    while (calls === 0 || (spentMs < batchMs && calls < maxBatch)) {
      await run(text);
      calls++;
      spentMs = cpuMs() - began;
    }
    least = Math.min(least, spentMs / calls);
    // One long run is enough.
    if (least > 30) break;
  }
  return least;
}

/** Describes superlinear growth; undefined if the cost per character is constant. */
async function measureGrowth(
  run: (text: string) => unknown,
  unit: string,
  leastReferenceNs: number,
): Promise<string | undefined> {
  const fixedMs = await leastMs(run, repeated(unit, emptyLength));
  const shortMs = await leastMs(run, repeated(unit, shortLength));
  const referenceMs = Math.max((shortMs - fixedMs) / shortLength, leastReferenceNs / 1e6);
  for (const length of lengths) {
    const ms = (await leastMs(run, repeated(unit, length))) - fixedMs;
    const growth = ms / length / referenceMs;
    if (growth > maxGrowth && ms > minMs) {
      return `${JSON.stringify(unit)}: ${length} characters take ${ms.toFixed(1)} ms, ${growth.toFixed(0)} times as much each as those of ${shortLength}`;
    }
  }
  return undefined;
}

/**
 * Runs a function with hostile texts of 1 kB to 512 kB, or 1 MB at full size, and asserts that its processor time per
 * character is constant, apart from the fixed cost of a call. It never asserts absolute times.
 *
 * @param options.leastReferenceNs a character that costs less is no reference, in nanoseconds. @default 5
 */
export async function assertLinear(
  run: (text: string) => unknown,
  options: { readonly units?: readonly string[]; readonly leastReferenceNs?: number } = {},
): Promise<void> {
  const { units = hostileUnits, leastReferenceNs = 5 } = options;
  const faults: string[] = [];
  for (const unit of units) {
    let fault: string | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      fault = await measureGrowth(run, unit, leastReferenceNs);
      if (fault === undefined) break;
    }
    if (fault !== undefined) faults.push(fault);
  }
  assert.deepEqual(faults, []);
}
