import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { Spool } from './spool.ts';

const endpoint = 'http://collector:4318/v1/logs';
const endpoints = new Set([endpoint]);
const count = 5;

const request = (number: number): WaitingRequest => ({
  signal: 'logs',
  endpoint,
  body: Buffer.alloc(30 + number * 17, `request ${number} `),
  itemCount: number,
});

/** Returns the numbers of the leased requests. @throws if a request differs from the appended one */
async function drain(spool: Spool): Promise<number[]> {
  const numbers: number[] = [];
  for (let leased = await spool.leaseOldest(endpoints); leased; leased = await spool.leaseOldest(endpoints)) {
    const number = leased.request.itemCount;
    assert.deepEqual(Buffer.from(leased.request.body), request(number).body, `request ${number} is corrupt`);
    assert.equal(leased.request.signal, 'logs');
    numbers.push(number);
    await leased.ack();
  }
  return numbers;
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  return parent;
}

/** Returns the name and the bytes of a segment with five requests. */
async function segment(parent: string): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  const directory = join(parent, 'template');
  const spool = new Spool({ directory, onNotice: () => {} });
  for (let number = 1; number <= count; number++) await spool.append(request(number));
  await spool.close();
  const [name = ''] = await readdir(directory);
  return { name, bytes: await readFile(join(directory, name)) };
}

interface Outcome {
  readonly numbers: readonly number[];
  readonly damaged: number;
  readonly codes: readonly string[];
  readonly left: readonly string[];
}

/** Opens a spool on files with these names. */
async function recover(parent: string, files: Readonly<Record<string, Uint8Array>>): Promise<Outcome> {
  const directory = await mkdtemp(join(parent, 'case-'));
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(directory, name), bytes, { mode: 0o600 });
  }
  const codes: string[] = [];
  const spool = new Spool({ directory, onNotice: ({ code }) => void codes.push(code) });
  const numbers = await drain(spool);
  await spool.close();
  return { numbers, damaged: spool.damaged, codes, left: await readdir(directory) };
}

test('a segment cut off at any length loses only the record that was cut', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  // The ends of the header and of each record.
  const ends = [32];
  for (let number = 1; number <= count; number++) {
    ends.push((ends.at(-1) ?? 0) + 40 + request(number).body.length);
  }
  assert.equal(ends.at(-1), bytes.length);
  for (let length = 0; length <= bytes.length; length++) {
    const { numbers, damaged, left } = await recover(parent, { [name]: bytes.subarray(0, length) });
    const whole = ends.filter((end) => end <= length).length - 1;
    assert.deepEqual(
      numbers,
      Array.from({ length: Math.max(0, whole) }, (_, index) => index + 1),
    );
    const isCut = length > 0 && !ends.includes(length);
    assert.equal(damaged, isCut ? 1 : 0, `cut off at ${length}`);
    assert.equal(left.length, isCut ? 1 : 0, 'the damaged file is kept, and no other');
  }
});

test('a flipped bit at any place costs at most the record that holds it', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    const { numbers, damaged } = await recover(parent, { [name]: flipped });
    assert.ok(numbers.length >= count - 1, `bit ${at % 8} of byte ${at}: ${numbers.join()}`);
    assert.equal(damaged, count - numbers.length);
  }
});

test('bytes that no one wrote in the middle cost only the records they replace', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  // The second and third record.
  const [from, to] = [32 + 40 + 47, 32 + 3 * 40 + 47 + 64 + 81];
  for (const filler of [0, 0x5a, 0xff]) {
    const damaged = Buffer.from(bytes).fill(filler, from, to);
    const outcome = await recover(parent, { [name]: damaged });
    assert.deepEqual(outcome.numbers, [1, 4, 5]);
    assert.deepEqual(outcome.codes, ['SONDE_OTLP_SPOOL_DAMAGED']);
    assert.deepEqual(
      outcome.left.map((each) => each.endsWith('.damaged')),
      [true],
    );
  }
});

test('a segment without its header and its first record is set aside', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  const outcome = await recover(parent, { [name]: Buffer.from(bytes).fill(0, 0, 72) });
  assert.deepEqual([outcome.numbers, outcome.damaged, outcome.left.length], [[], 1, 1]);
});

test('a telemetry value that looks like a record is not taken for one', async (t) => {
  const parent = await temporaryDirectory(t);
  const forged = await segment(parent);
  const directory = join(parent, 'attacked');
  const spool = new Spool({ directory, onNotice: () => {} });
  await spool.append({ signal: 'logs', endpoint, body: forged.bytes, itemCount: 99 });
  await spool.close();
  const [name = ''] = await readdir(directory);
  const bytes = await readFile(join(directory, name));
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  assert.deepEqual((await recover(parent, { [name]: bytes })).numbers, []);
});

test('an empty segment is removed, a foreign header is set aside, and the others come out', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  const named = (digit: number): string => name.replace(/-./, `-${digit}`);
  const otherVersion = Buffer.from(bytes);
  otherVersion.writeUInt16LE(2, 8);
  otherVersion.writeUInt32LE(crc32(otherVersion.subarray(0, 28)), 28);
  const outcome = await recover(parent, {
    [named(1)]: Buffer.alloc(0),
    [named(2)]: otherVersion,
    [named(3)]: Buffer.from('not a segment'),
    [named(4)]: Buffer.alloc(4096),
    [named(5)]: bytes,
  });
  assert.deepEqual([outcome.numbers, outcome.damaged], [[1, 2, 3, 4, 5], 3]);
  assert.equal(outcome.left.length, 3);
});

test('a segment of a later version is left to it until it is too old', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  const later = name.replace('.v1', '.v2');
  const young = await recover(parent, { [later]: bytes });
  assert.deepEqual([young.numbers, young.damaged, young.left], [[], 0, [later]]);

  const directory = await mkdtemp(join(parent, 'old-'));
  const old = later.replace(/^.{9}/, '0aaaaaaaa');
  await writeFile(join(directory, old), bytes, { mode: 0o600 });
  await writeFile(join(directory, name), bytes, { mode: 0o600 });
  const spool = new Spool({ directory, onNotice: () => {}, staleMs: 60 });
  t.after(() => spool.close());
  assert.deepEqual(await drain(spool), [1, 2, 3, 4, 5]);
  // The timer of the maintenance does not keep the process alive.
  const keepAlive = setInterval(() => {}, 1000);
  while ((await readdir(directory)).includes(old)) await stat(directory);
  clearInterval(keepAlive);
});

test('damaged segments are kept up to a number, the youngest ones', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name } = await segment(parent);
  const files = Array.from({ length: 30 }, (_, index) => {
    const digits = String(index).padStart(2, '0');
    return [name.replace(/-../, `-${digits}`), Buffer.from('damaged')] as const;
  });
  const outcome = await recover(parent, Object.fromEntries(files));
  assert.equal(outcome.damaged, 30);
  assert.equal(outcome.left.length, 8);
  assert.ok(
    outcome.left.every((each) => /-2[2-9].*\.damaged$/.test(each)),
    outcome.left.join(),
  );
  assert.deepEqual(outcome.codes, ['SONDE_OTLP_SPOOL_DAMAGED']);
});

test('a record whose lengths are out of any bound is set aside', async (t) => {
  const parent = await temporaryDirectory(t);
  const { name, bytes } = await segment(parent);
  const huge = Buffer.from(bytes);
  huge.writeUInt32LE(0xffff_ffff, 32 + 4);
  const { numbers, damaged } = await recover(parent, { [name]: huge });
  assert.deepEqual([numbers, damaged], [[2, 3, 4, 5], 1]);
});
