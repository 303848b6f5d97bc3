import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { ClusterDirectory } from './cluster-directory.ts';

const hourMs = 3_600_000;

/** The path of a file that a place leaves, made as old as given. */
function leave(place: ClusterDirectory, ageMs: number): string {
  place.write('leader', []);
  const path = place.socketPath.replace(/\.sock$/, '-leader');
  age(path, ageMs);
  return path;
}

function age(path: string, ageMs: number): void {
  const time = new Date(Date.now() - ageMs);
  utimesSync(path, time, time);
}

test(
  'what killed clusters left is removed after an hour, what others use stays',
  { skip: process.platform === 'win32' },
  async () => {
    const [own, killed, recent, alive] = ['own', 'killed', 'recent', 'alive'].map(
      (name) => new ClusterDirectory(process.pid, `sweep test ${name}`),
    );
    assert.ok(own !== undefined && killed !== undefined && recent !== undefined && alive !== undefined);
    const removed = [leave(killed, hourMs * 2), killed.socketPath];
    const kept = [
      leave(own, hourMs * 2),
      leave(recent, hourMs / 2),
      leave(alive, hourMs * 2),
      alive.socketPath,
    ];
    const servers = [killed, alive].map(({ socketPath }) => createServer().listen(socketPath));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    // A server that closes removes its socket, unless the socket is elsewhere.
    const elsewhere = join(dirname(killed.socketPath), `${process.pid}.moved`);
    renameSync(killed.socketPath, elsewhere);
    await new Promise((resolve) => servers[0]?.close(resolve));
    renameSync(elsewhere, killed.socketPath);
    for (const { socketPath } of [killed, alive]) age(socketPath, hourMs * 2);
    await own.sweep();
    assert.deepEqual(
      removed.filter((path) => existsSync(path)),
      [],
    );
    assert.deepEqual(
      kept.filter((path) => !existsSync(path)),
      [],
    );
    servers[1]?.close();
    for (const place of [own, recent, alive]) place.consume('leader');
  },
);

test('files of a cluster are removed as soon as its primary has ended', async () => {
  const primary = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(primary, 'exit');
  const ended = new ClusterDirectory(primary.pid ?? 0, 'ended');
  const own = new ClusterDirectory(process.pid, 'own of ended');
  const left = leave(ended, 0);
  const kept = leave(own, 0);
  await own.sweep();
  assert.deepEqual(
    [left, kept].map((path) => existsSync(path)),
    [false, true],
  );
  own.consume('leader');
});
