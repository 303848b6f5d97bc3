import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Notice } from '@sonde/sdk';
import type { LeasedRequest } from '../queue/request-spool.ts';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { nodeFileSystem, type SpoolFileSystem } from './file-system.ts';
import { Spool } from './spool.ts';
import type { SpoolDrop, SpoolOptions } from './spool-options.ts';

const endpoint = 'http://collector:4318/v1/traces';
const endpoints = new Set([endpoint]);

function request(text: string, parts: Partial<WaitingRequest> = {}): WaitingRequest {
  return { signal: 'traces', endpoint, body: Buffer.from(text), itemCount: 1, ...parts };
}

const formatText = (leased: LeasedRequest | undefined): string | undefined =>
  leased && Buffer.from(leased.request.body).toString();

async function temporaryDirectory(t: TestContext): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'sonde-spool-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'spool');
}

interface Opened {
  readonly spool: Spool;
  readonly notices: Notice[];
  readonly drops: SpoolDrop[];
}

/** Creates a spool that is closed after the test. */
function open(t: TestContext, directory: string, options: Partial<SpoolOptions> = {}): Opened {
  const notices: Notice[] = [];
  const drops: SpoolDrop[] = [];
  const spool = new Spool({
    directory,
    onNotice: (notice) => void notices.push(notice),
    onDrop: (drop) => void drops.push(drop),
    ...options,
  });
  t.after(() => spool.close());
  return { spool, notices, drops };
}

/** Delivers all waiting requests for the endpoints. */
async function drain(spool: Spool, of: ReadonlySet<string> = endpoints): Promise<(string | undefined)[]> {
  const texts = [];
  for (let leased = await spool.leaseOldest(of); leased; leased = await spool.leaseOldest(of)) {
    texts.push(formatText(leased));
    await leased.ack();
  }
  return texts;
}

test('a request that was not acknowledged is there for the next spool, with all its parts', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  const sent = { signal: 'metrics', endpoint, body: Buffer.from([0, 255, 10]), itemCount: 7 } as const;
  await spool.append(request('delivered')).then((entry) => entry?.ack());
  await spool.append(sent);
  await spool.close();
  const next = open(t, directory);
  const leased = await next.spool.leaseOldest(endpoints);
  assert.deepEqual(leased?.request, sent);
  assert.equal(await next.spool.leaseOldest(endpoints), undefined);
  await leased?.ack();
  assert.deepEqual(next.notices, []);
  await next.spool.close();
  assert.deepEqual(await readdir(directory), [], 'no file stays that nobody needs');
});

test('a request is leased to one at a time, and comes back when it is released', async (t) => {
  const { spool } = open(t, await temporaryDirectory(t));
  const entries = await Promise.all(['a', 'b', 'c'].map((text) => spool.append(request(text))));
  assert.equal(await spool.leaseOldest(endpoints), undefined, 'memory still holds them');
  entries[2]?.release();
  entries[1]?.release();
  const first = await spool.leaseOldest(endpoints);
  assert.equal(formatText(first), 'b', 'the oldest goes first');
  first?.release();
  assert.deepEqual(await drain(spool), ['b', 'c']);
});

test('requests are flushed to the device in groups', async (t) => {
  let flushes = 0;
  const files: SpoolFileSystem = {
    ...nodeFileSystem,
    sync: (file) => {
      flushes++;
      return nodeFileSystem.sync(file);
    },
  };
  const { spool } = open(t, await temporaryDirectory(t), { files });
  await spool.append(request('first'));
  const before = flushes;
  await Promise.all(Array.from({ length: 100 }, (_, index) => spool.append(request(`${index}`))));
  assert.ok(flushes - before <= 2, `${flushes - before} flushes of 100 requests`);
});

test('sync: "second" appends without a flush, and flushes when the spool is idle', async (t) => {
  const flushed = Promise.withResolvers<void>();
  const files: SpoolFileSystem = {
    ...nodeFileSystem,
    sync: async (file) => {
      await nodeFileSystem.sync(file);
      flushed.resolve();
    },
  };
  const { spool } = open(t, await temporaryDirectory(t), { files, sync: 'second' });
  assert.ok(await spool.append(request('a')));
  // The timer of the spool does not keep the process alive.
  const keepAlive = setInterval(() => {}, 1000);
  await flushed.promise;
  clearInterval(keepAlive);
});

test('neither the endpoint nor any credential is on disk, and only the user can read the files', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  const secret = 'http://collector:4318/v1/traces?token=secret-7391';
  await spool.append(request('a', { endpoint: secret }));
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  const names = await readdir(directory);
  assert.equal(names.length, 2);
  for (const name of names) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600);
    assert.doesNotMatch(name + readFileSync(join(directory, name), 'latin1'), /secret|collector/);
  }
});

test('a request waits until its endpoint is configured', async (t) => {
  const directory = await temporaryDirectory(t);
  const other = 'https://other:4318/v1/traces';
  const { spool } = open(t, directory);
  await spool.append(request('for another', { endpoint: other }));
  await spool.append(request('for this one'));
  await spool.close();
  const second = open(t, directory);
  assert.deepEqual(await drain(second.spool), ['for this one']);
  await second.spool.close();
  const third = open(t, directory);
  assert.deepEqual(await drain(third.spool, new Set([endpoint, other])), ['for another']);
  assert.deepEqual([...second.notices, ...third.notices], []);
});

test('appendSync and closeSync leave everything to the next process, also what append is still writing', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  await spool.append(request('a'));
  const pending = spool.append(request('b'));
  assert.equal(spool.appendSync(request('c')), true);
  spool.closeSync();
  await pending;
  const texts = await drain(open(t, directory).spool);
  assert.deepEqual(new Set(texts), new Set(['a', 'b', 'c']));
});

test('appendSync works before anything else has used the directory', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  assert.equal(spool.appendSync(request('a')), true);
  spool.closeSync();
  assert.deepEqual(await drain(open(t, directory).spool), ['a']);
});

test('a request that append has not written is written once by appendSync', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  await spool.append(request('a')).then((entry) => entry?.ack());
  const second = request('c');
  const pending = [spool.append(request('b')), spool.append(second)];
  assert.equal(spool.appendSync(second), true);
  assert.equal(spool.appendSync(request('d')), true);
  spool.closeSync();
  await Promise.all(pending);
  const texts = await drain(open(t, directory).spool);
  assert.deepEqual(new Set(texts), new Set(['b', 'c', 'd']));
  assert.equal(texts.length, 3);
});

test('requests that are appended at exit share a file', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  for (let index = 0; index < 100; index++) assert.equal(spool.appendSync(request(`${index}`)), true);
  spool.closeSync();
  assert.equal((await readdir(directory)).length, 1);
  assert.equal((await drain(open(t, directory).spool)).length, 100);
});

test('a file that somebody removes is not appended to for long', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory, { staleMs: 60 });
  await spool.append(request('a'));
  for (const name of await readdir(directory)) await rm(join(directory, name));
  // The timer of the maintenance does not keep the process alive.
  const keepAlive = setInterval(() => {}, 1000);
  let names: string[] = [];
  while (!names.some((name) => name.endsWith('.v1'))) {
    await spool.append(request('b'));
    names = await readdir(directory);
  }
  clearInterval(keepAlive);
});

test('a full spool drops the oldest requests and counts them by signal', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool, notices, drops } = open(t, directory, { maxBytes: 10_000, segmentBytes: 1000 });
  const body = Buffer.alloc(460, 'x');
  for (let index = 0; index < 60; index++) {
    const signal = index % 2 === 0 ? 'traces' : 'logs';
    const entry = await spool.append(request('', { body, signal, itemCount: 10 }));
    assert.ok(entry, `request ${index} is stored`);
    entry.release();
    assert.ok(spool.bytes <= 10_000, `${spool.bytes} bytes`);
  }
  const sizes = await Promise.all(
    (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size),
  );
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 10_000);
  const left = (await drain(spool)).length;
  const dropped = drops.reduce((sum, { itemCount }) => sum + itemCount, 0);
  assert.equal(dropped + left * 10, 600);
  assert.ok(left >= 14, `${left} requests are left`);
  assert.deepEqual(
    new Set(drops.map(({ reason, signal }) => `${reason} ${signal}`)),
    new Set(['full traces', 'full logs']),
  );
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_OTLP_SPOOL_FULL'],
  );
});

test('what memory holds is not counted as dropped until memory releases it', async (t) => {
  const { spool, drops } = open(t, await temporaryDirectory(t), { maxBytes: 4000, segmentBytes: 500 });
  const body = Buffer.alloc(460);
  const first = await spool.append(request('', { body }));
  for (let index = 0; index < 10; index++) {
    await spool.append(request('', { body })).then((entry) => entry?.ack());
  }
  assert.deepEqual(drops, []);
  const kept = [];
  for (let index = 0; index < 10; index++) kept.push(await spool.append(request('', { body })));
  assert.deepEqual(drops, []);
  first?.release();
  assert.deepEqual(drops, [{ reason: 'full', signal: 'traces', itemCount: 1 }]);
});

test('a request larger than the spool is refused, and the others stay', async (t) => {
  const { spool, drops } = open(t, await temporaryDirectory(t), { maxBytes: 4000 });
  await spool.append(request('small')).then((entry) => entry?.release());
  assert.equal(await spool.append(request('', { body: Buffer.alloc(5000) })), undefined);
  assert.deepEqual(drops, []);
  assert.deepEqual(await drain(spool), ['small']);
});

test('requests that are too old are dropped and counted', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  await spool.append(request('a', { itemCount: 5 }));
  await spool.close();
  const next = open(t, directory, { maxAgeMs: -1 });
  assert.equal(await next.spool.leaseOldest(endpoints), undefined);
  assert.deepEqual(next.drops, [{ reason: 'expired', signal: 'traces', itemCount: 5 }]);
  assert.deepEqual(
    next.notices.map(({ code }) => code),
    ['SONDE_OTLP_SPOOL_EXPIRED'],
  );
});

test('two spools of one process do not take requests from each other until one has closed', async (t) => {
  const directory = await temporaryDirectory(t);
  const one = open(t, directory, { listingMs: 0 });
  const two = open(t, directory, { listingMs: 0 });
  await one.spool.append(request('a')).then((entry) => entry?.release());
  assert.equal(await two.spool.leaseOldest(endpoints), undefined);
  await one.spool.close();
  assert.deepEqual(await drain(two.spool), ['a']);
});

test('an owner of another machine or container has ended when its sign of life is old', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  await spool.append(request('a'));
  await spool.close();
  const [released = ''] = await readdir(directory);
  const foreign = 'aaaaaaaa-1-1-zzzz';
  await nodeFileSystem.rename(join(directory, released), join(directory, released.replace('free', foreign)));
  await writeFile(join(directory, `${foreign}.alive`), '', { mode: 0o600 });

  const next = open(t, directory, { listingMs: 0 });
  assert.equal(await next.spool.leaseOldest(endpoints), undefined);
  const seconds = Date.now() / 1000 - 120;
  await utimes(join(directory, `${foreign}.alive`), seconds, seconds);
  assert.deepEqual(await drain(next.spool), ['a']);
  assert.ok(!(await readdir(directory)).includes(`${foreign}.alive`));
});

test('an owner whose process id belongs to another process now has ended', async (t) => {
  if (process.platform !== 'linux') return t.skip('start times of processes are read from /proc');
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  await spool.append(request('a'));
  const name = (await readdir(directory)).find((each) => each.endsWith('.v1')) ?? '';
  const [, , owner = ''] = name.split('.');
  const [scope, pid, start] = owner.split('-');
  assert.equal(Number(pid), process.pid);
  const content = await readFile(join(directory, name));
  const earlier = `${scope}-${pid}-${Number(start) - 1}-zzzz`;
  await writeFile(join(directory, name.replace(owner, earlier)), content, { mode: 0o600 });
  const running = `${scope}-${process.ppid}-1-zzzz`;
  await writeFile(join(directory, name.replace('-0', '-1').replace(owner, running)), content, {
    mode: 0o600,
  });
  assert.deepEqual(await drain(open(t, directory).spool), ['a', 'a']);
});

test('after a stop long enough to lose its files, a process appends to a new one', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory, { staleMs: -2, listingMs: 0 });
  const entries = [await spool.append(request('a')), await spool.append(request('b'))];
  const names = (await readdir(directory)).filter((name) => name.endsWith('.v1'));
  assert.equal(names.length, 2);
  for (const entry of entries) await entry?.ack();
  assert.equal(await spool.leaseOldest(endpoints), undefined);
});

for (const code of ['ENOSPC', 'EIO', 'EROFS', 'EACCES']) {
  test(`${code} of a write leaves the request to memory, with one notice, and the disk is used again later`, async (t) => {
    const directory = await temporaryDirectory(t);
    let isFailing = false;
    const files: SpoolFileSystem = {
      ...nodeFileSystem,
      write: async (file, parts, position) => {
        if (!isFailing) return nodeFileSystem.write(file, parts, position);
        await nodeFileSystem.write(file, [Buffer.from('partly written')], position);
        throw Object.assign(new Error(`${code}: write`), { code });
      },
    };
    const { spool, notices } = open(t, directory, { files, retryMs: -1 });
    await spool.append(request('a'));
    isFailing = true;
    assert.equal(await spool.append(request('b')), undefined);
    assert.equal(await spool.append(request('c')), undefined);
    isFailing = false;
    assert.ok(await spool.append(request('d')));
    assert.deepEqual(
      notices.map((notice) => notice.code),
      ['SONDE_OTLP_SPOOL_FAILED'],
    );
    assert.match(notices[0]?.message ?? '', new RegExp(code));
    await spool.close();
    const next = open(t, directory);
    assert.deepEqual(await drain(next.spool), ['a', 'd']);
    assert.deepEqual(next.notices, [], 'nothing counts as damaged');
  });
}

test('after a failure the disk is left alone for a while', async (t) => {
  const directory = await temporaryDirectory(t);
  let opens = 0;
  const files: SpoolFileSystem = {
    ...nodeFileSystem,
    open: async () => {
      opens++;
      throw Object.assign(new Error('ENOSPC: open'), { code: 'ENOSPC' });
    },
  };
  const { spool, notices } = open(t, directory, { files });
  for (let index = 0; index < 10; index++) {
    assert.equal(await spool.append(request('a')), undefined);
    assert.equal(await spool.leaseOldest(endpoints), undefined);
  }
  assert.equal(opens, 1);
  assert.equal(notices.length, 1);
});

test('a directory that is removed during operation is created again', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool, notices } = open(t, directory, { retryMs: -1 });
  const entry = await spool.append(request('a'));
  await rm(directory, { recursive: true });
  await entry?.ack();
  await mkdir(directory, { mode: 0o700 });
  await chmod(directory, 0o700);
  await spool.append(request('b'));
  assert.ok(await spool.append(request('c')));
  assert.ok(notices.length <= 1);
});

test('close waits for what was appended before', async (t) => {
  const directory = await temporaryDirectory(t);
  const { spool } = open(t, directory);
  const appended = ['a', 'b'].map((text) => spool.append(request(text)));
  await spool.close();
  assert.ok((await Promise.all(appended)).every((entry) => entry !== undefined));
  assert.deepEqual(await drain(open(t, directory).spool), ['a', 'b']);
});

test('a closed spool refuses requests, and closes twice', async (t) => {
  const { spool } = open(t, await temporaryDirectory(t));
  const entry = await spool.append(request('a'));
  await Promise.all([spool.close(), spool.close()]);
  spool.closeSync();
  assert.equal(await spool.append(request('b')), undefined);
  assert.equal(await spool.leaseOldest(endpoints), undefined);
  await entry?.ack();
  entry?.release();
});
