import assert from 'node:assert/strict';

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

const sizes = [1024, 16_384, 131_072, 1_048_576];
/** Linear work stays near 1; quadratic work is at 16 where the text is 16 times as long. */
const maxGrowth = 8;
/** Shorter times are dominated by noise. */
const minMs = 3;
const rounds = 2;
const attempts = 3;

/** Repeats a unit to this length. */
export function repeated(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** Processor time of this thread in milliseconds, which other processes do not affect. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Minimum of several runs, because other load only adds time. */
async function leastMs(run: (text: string) => unknown, text: string, times: number): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const began = cpuMs();
    for (let time = 0; time < times; time++) await run(text);
    least = Math.min(least, (cpuMs() - began) / times);
    // One long run is enough.
    if (least > 30) break;
  }
  return least;
}

/** Describes superlinear growth; undefined if the cost per character is constant. */
async function growthOf(
  run: (text: string) => unknown,
  unit: string,
  maxLength: number,
): Promise<string | undefined> {
  /** Maximum cost per character of a short text. */
  let short = 0;
  for (const size of sizes.filter((each) => each <= maxLength)) {
    const text = repeated(unit, size);
    const ms = await leastMs(run, text, Math.max(1, Math.floor(8192 / size)));
    const perCharacter = ms / size;
    const growth = short === 0 ? 1 : perCharacter / short;
    if (size <= 16_384) short = Math.max(short, perCharacter);
    if (growth > maxGrowth && ms > minMs) {
      return `${JSON.stringify(unit)}: ${size} characters take ${ms.toFixed(1)} ms, ${growth.toFixed(0)} times as much each as in a short text`;
    }
  }
  return undefined;
}

/**
 * Runs a function with hostile texts of 1 kB to 1 MB and asserts that its time grows linearly. It never asserts absolute
 * times.
 */
export async function assertLinear(
  run: (text: string) => unknown,
  options: { readonly units?: readonly string[]; readonly maxLength?: number } = {},
): Promise<void> {
  const { units = hostileUnits, maxLength = 1_048_576 } = options;
  const faults: string[] = [];
  for (const unit of units) {
    let fault: string | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      fault = await growthOf(run, unit, maxLength);
      if (fault === undefined) break;
    }
    if (fault !== undefined) faults.push(fault);
  }
  assert.deepEqual(faults, []);
}
