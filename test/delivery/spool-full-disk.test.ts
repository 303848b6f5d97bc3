import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Spool } from '../../packages/exporters/src/otlp/spool/spool.ts';
import { needs } from '../support/needs.ts';
import { drain, endpoint, numberedRequest } from './spool/requests.ts';

/** Mounts a file system of 1 MiB for the test; undefined where that is not possible. */
function smallDisk(t: TestContext, mode = '0700'): string | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) {
    needs(t, 'only root can mount a file system');
    return undefined;
  }
  const path = mkdtempSync(join(tmpdir(), 'sonde-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=1m,mode=${mode}`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    rmSync(path, { recursive: true });
    needs(t, `no file system can be mounted: ${String(mounted.stderr)}`);
    return undefined;
  }
  t.after(() => {
    // The spool may still have files open.
    execFileSync('umount', ['--lazy', path]);
    rmSync(path, { recursive: true });
  });
  return path;
}

function open(t: TestContext, directory: string): { readonly spool: Spool; readonly messages: string[] } {
  const messages: string[] = [];
  const spool = new Spool({ directory, retryMs: -1, onNotice: ({ message }) => void messages.push(message) });
  t.after(() => spool.close());
  return { spool, messages };
}

test('a full disk leaves requests to memory with one notice, and is used again when there is space', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const directory = join(disk, 'spool');
  const { spool, messages } = open(t, directory);
  const stored: number[] = [];
  for (let number = 1; number <= 40; number++) {
    const entry = await spool.append(numberedRequest(number, 60_000));
    if (entry !== undefined) stored.push(number);
    entry?.release();
  }
  assert.ok(stored.length >= 10 && stored.length < 20, `${stored.length} requests fit`);
  assert.equal(spool.appendSync(numberedRequest(41, 60_000)), false);
  assert.equal(messages.length, 1, messages.join('\n'));
  assert.match(messages[0] ?? '', /ENOSPC/);

  // Each delivery makes space.
  for (const number of stored.splice(0, 5)) {
    const leased = await spool.leaseOldest(new Set([endpoint]));
    assert.equal(leased?.request.itemCount, number);
    await leased?.ack();
  }
  const again = await spool.append(numberedRequest(42, 1000));
  again?.release();
  await spool.close();
  const next = open(t, directory);
  const numbers = await drain(next.spool);
  assert.deepEqual(
    numbers.filter((number) => number !== 42),
    stored,
  );
  assert.deepEqual(next.messages, []);
});

test('a disk that becomes full from outside is used again when it has space', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const { spool, messages } = open(t, join(disk, 'spool'));
  assert.ok(await spool.append(numberedRequest(1)));
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize));
  assert.equal(await spool.append(numberedRequest(2, 20_000)), undefined);
  rmSync(join(disk, 'filler'));
  assert.ok(await spool.append(numberedRequest(3, 20_000)));
  assert.equal(messages.length, 1);
});

test('a disk that becomes read-only leaves requests to memory with one notice, until it can be written again', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const directory = join(disk, 'spool');
  const first = open(t, directory);
  await first.spool.append(numberedRequest(1));
  await first.spool.close();
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  const { spool, messages } = open(t, directory);
  for (let number = 2; number <= 4; number++) {
    assert.equal(await spool.append(numberedRequest(number)), undefined);
    assert.equal(await spool.leaseOldest(new Set([endpoint])), undefined);
    assert.equal(spool.appendSync(numberedRequest(number)), false);
  }
  assert.equal(messages.length, 1, messages.join('\n'));
  assert.match(messages[0] ?? '', /EROFS/);
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  assert.ok(await spool.append(numberedRequest(5)));
  assert.deepEqual(await drain(spool), [1]);
});

test('the directory may be in a volume that every user can write to, as Kubernetes mounts it', async (t) => {
  const disk = smallDisk(t, '0777');
  if (disk === undefined) return;
  const { spool, messages } = open(t, join(disk, 'spool'));
  assert.ok(await spool.append(numberedRequest(1)), messages.join());
  assert.deepEqual(messages, []);

  const volume = open(t, disk);
  assert.equal(await volume.spool.append(numberedRequest(2)), undefined);
  assert.match(volume.messages[0] ?? '', /other users can write to it \(mode 0777, expected 0700\)/);
});
