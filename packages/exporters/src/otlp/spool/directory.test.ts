import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  lchown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Notice } from '@sonde/sdk';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { Spool } from './spool.ts';

const endpoint = 'http://collector:4318/v1/traces';
const request: WaitingRequest = { signal: 'traces', endpoint, body: Buffer.from('a'), itemCount: 1 };
const isRoot = process.geteuid?.() === 0;
const options = { skip: process.platform === 'win32' ? 'owners and modes are not visible' : false };
const needsRoot = { skip: isRoot ? false : 'only root can give a file to another user' };

async function temporaryDirectory(t: TestContext): Promise<string> {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'sonde-spool-')));
  t.after(() => rm(parent, { recursive: true, force: true }));
  return parent;
}

/** Appends, leases and appends at exit. Returns which operations succeeded, and the notices. */
async function useSpool(
  directory: string,
): Promise<{ readonly works: readonly boolean[]; notices: Notice[] }> {
  const notices: Notice[] = [];
  const spool = new Spool({ directory, retryMs: -1, onNotice: (notice) => void notices.push(notice) });
  const appended = await spool.append(request);
  appended?.release();
  const leased = await spool.leaseOldest(new Set([endpoint]));
  const works = [appended !== undefined, leased !== undefined, spool.appendSync(request)];
  await spool.close();
  return { works, notices };
}

async function assertRefused(directory: string, reason: RegExp): Promise<void> {
  const { works, notices } = await useSpool(directory);
  assert.deepEqual(works, [false, false, false]);
  assert.deepEqual(
    notices.map(({ code }) => code),
    ['SONDE_OTLP_SPOOL_REFUSED'],
  );
  assert.match(notices[0]?.message ?? '', reason);
}

async function assertUsed(directory: string): Promise<void> {
  assert.deepEqual(await useSpool(directory), { works: [true, true, true], notices: [] });
}

test('a directory that other users can write to is refused', options, async (t) => {
  const directory = join(await temporaryDirectory(t), 'spool');
  await mkdir(directory);
  for (const mode of [0o777, 0o770, 0o1777, 0o702]) {
    await chmod(directory, mode);
    await assertRefused(directory, /other users can write to it \(mode \d{4}, expected 0700\)/);
    assert.deepEqual(await readdir(directory), []);
  }
  await chmod(directory, 0o755);
  await assertUsed(directory);
});

test('a directory of another user is refused', options, async (t) => {
  const directory = isRoot ? join(await temporaryDirectory(t), 'spool') : '/';
  if (isRoot) {
    await mkdir(directory, { mode: 0o700 });
    await chown(directory, 4711, 4711);
  }
  await assertRefused(directory, /belongs to user (4711|0), and the process runs as user/);
});

test('a symbolic link in the place of the directory is refused', options, async (t) => {
  const parent = await temporaryDirectory(t);
  await mkdir(join(parent, 'target'), { mode: 0o700 });
  await symlink(join(parent, 'target'), join(parent, 'spool'));
  await assertRefused(join(parent, 'spool'), /symbolic link/);
  await symlink(join(parent, 'missing'), join(parent, 'dangling'));
  await assertRefused(join(parent, 'dangling'), /symbolic link/);
  assert.deepEqual(await readdir(join(parent, 'target')), []);
});

test('a file in the place of the directory is refused', options, async (t) => {
  const path = join(await temporaryDirectory(t), 'spool');
  await writeFile(path, 'mine');
  await assertRefused(path, /not a directory/);
  assert.equal(await readFile(path, 'utf8'), 'mine');
});

test(
  'a parent where every user can rename files is refused, before anything is created in it',
  options,
  async (t) => {
    const parent = join(await temporaryDirectory(t), 'open');
    await mkdir(parent);
    await chmod(parent, 0o777);
    await assertRefused(join(parent, 'spool'), /every user can rename files in .*open/);
    assert.deepEqual(await readdir(parent), []);
    await mkdir(join(parent, 'mine', 'spool'), { recursive: true, mode: 0o700 });
    await assertRefused(join(parent, 'mine', 'spool'), /every user can rename files in .*open/);
    await chmod(parent, 0o1777);
    await assertUsed(join(parent, 'mine', 'spool'));
  },
);

test('a link to such a parent is refused too', options, async (t) => {
  const parent = await temporaryDirectory(t);
  await mkdir(join(parent, 'open'));
  await chmod(join(parent, 'open'), 0o777);
  await symlink(join(parent, 'open'), join(parent, 'link'));
  await assertRefused(join(parent, 'link', 'spool'), /every user can rename files in .*open/);
});

test('a parent or link of another user is refused', needsRoot, async (t) => {
  const parent = await temporaryDirectory(t);
  await mkdir(join(parent, 'theirs'));
  await mkdir(join(parent, 'ours'));
  await chown(join(parent, 'theirs'), 4711, 4711);
  await assertRefused(join(parent, 'theirs', 'spool'), /theirs belongs to user 4711/);
  await symlink(join(parent, 'ours'), join(parent, 'planted'));
  await lchown(join(parent, 'planted'), 4711, 4711);
  await assertRefused(join(parent, 'planted', 'spool'), /planted belongs to user 4711/);
  assert.deepEqual(await readdir(join(parent, 'ours')), []);
});

test('missing directories are created for the user alone', options, async (t) => {
  const parent = await temporaryDirectory(t);
  await assertUsed(join(parent, 'a', 'b', 'spool'));
  for (const path of ['a', 'a/b', 'a/b/spool']) {
    assert.equal((await lstat(join(parent, path))).mode & 0o777, 0o700);
  }
});

test('a directory becomes safe during operation, and is used then', options, async (t) => {
  const directory = join(await temporaryDirectory(t), 'spool');
  await mkdir(directory);
  await chmod(directory, 0o777);
  const notices: Notice[] = [];
  const spool = new Spool({ directory, retryMs: -1, onNotice: (notice) => void notices.push(notice) });
  t.after(() => spool.close());
  assert.equal(await spool.append(request), undefined);
  await chmod(directory, 0o700);
  assert.ok(await spool.append(request));
  assert.equal(notices.length, 1);
});

test(
  'links, pipes, directories and readable files with the name of a segment are left alone',
  options,
  async (t) => {
    const parent = await temporaryDirectory(t);
    const directory = join(parent, 'spool');
    const first = new Spool({ directory, onNotice: () => {} });
    await first.append(request);
    await first.close();
    const [name = ''] = await readdir(directory);
    const bytes = await readFile(join(directory, name));
    const planted = (digit: number): string => join(directory, name.replace(/-./, `-${digit}`));
    await writeFile(join(parent, 'outside'), bytes, { mode: 0o600 });
    await symlink(join(parent, 'outside'), planted(1));
    await link(join(parent, 'outside'), planted(2));
    assert.equal(spawnSync('mkfifo', [planted(3)]).status, 0);
    await mkdir(planted(4));
    await writeFile(planted(5), bytes);
    await chmod(planted(5), 0o644);
    await symlink('/etc/passwd', join(directory, 'x.damaged'));
    await symlink('/etc/passwd', join(directory, 'aaaaaaaa-1-1-aaaa.alive'));

    const spool = new Spool({ directory, onNotice: (notice) => assert.fail(notice.message) });
    const leased = await spool.leaseOldest(new Set([endpoint]));
    await leased?.ack();
    assert.ok(leased);
    assert.equal(await spool.leaseOldest(new Set([endpoint])), undefined);
    await spool.close();
    assert.deepEqual(await readFile(join(parent, 'outside')), bytes);
    const left = await readdir(directory);
    for (let digit = 1; digit <= 5; digit++) {
      assert.ok(
        left.some((each) => planted(digit).endsWith(each)),
        `number ${digit} is left alone`,
      );
    }
  },
);

test('10,000 foreign files are ignored', options, async (t) => {
  const directory = join(await temporaryDirectory(t), 'spool');
  await mkdir(directory, { mode: 0o700 });
  for (let number = 0; number < 10_000; number += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        writeFile(join(directory, `foreign-${number + index}.v1`), ''),
      ),
    );
  }
  await assertUsed(directory);
  assert.equal((await readdir(directory)).filter((name) => name.startsWith('foreign')).length, 10_000);
});
