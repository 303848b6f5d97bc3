import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { once } from 'node:events';
import { createLogs, createTraces, toTraceId } from '../testing/otlp-messages.ts';
import { TestViewer } from '../testing/viewer.ts';
import { Store } from './store.ts';

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sonde-store-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const bytes = (request: object): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(JSON.stringify(request)));

test('a session of a file goes on in the next run', async (t) => {
  const file = join(await temporary(t), 'session.db');
  {
    await using viewer = await TestViewer.start({ file });
    await viewer.send('traces', createTraces([{ trace: 1, span: 1, kind: 2 }]));
    await viewer.send('logs', createLogs([{ body: 'kept', trace: 1 }]));
  }
  await using viewer = await TestViewer.start({ file });
  await viewer.send('traces', createTraces([{ trace: 1, span: 2, parent: 1 }]));
  const { store } = await viewer.get('/api/status');
  assert.deepEqual([store.file, store.spans, store.traces, store.logs], [file, 2, 1, 1]);
  const trace = await viewer.get(`/api/traces/${toTraceId(1)}`);
  assert.deepEqual([trace.spans.length, trace.logs[0].body], [2, 'kept']);
});

test('a file that is no session is refused with the reason', async (t) => {
  const directory = await temporary(t);
  const file = join(directory, 'notes.txt');
  await writeFile(
    file,
    'these are notes, and not a database of any kind, which everybody can see\n'.repeat(50),
  );
  await assert.rejects(Store.open({ file }), /cannot use .*notes\.txt: .*not a database/);
  await assert.rejects(
    Store.open({ file: join(directory, 'missing', 'x.db') }),
    /cannot use .*x\.db: unable to open/,
  );
  const newer = new DatabaseSync(join(directory, 'newer.db'));
  newer.exec('PRAGMA user_version = 999');
  newer.close();
  await assert.rejects(Store.open({ file: join(directory, 'newer.db') }), /its format is 999, expected 1/);
});

test('the oldest traces go first when the bound in bytes is reached, and the bound holds', async () => {
  await using viewer = await TestViewer.start({ maxBytes: 3 * 1024 * 1024 });
  const { store } = viewer.server.session;
  const evicted = once(store, 'evicted');
  const filler = 'x'.repeat(2000);
  for (let batch = 0; batch < 20; batch++) {
    const spans = Array.from({ length: 100 }, (_, index) => ({
      trace: batch * 100 + index + 1,
      span: 1,
      kind: 2,
      attributes: { filler },
    }));
    await store.ingest('traces', 'json', bytes(createTraces(spans)));
  }
  await evicted;
  await store.flush();
  const usage = await store.refreshUsage();
  assert.ok(usage.bytes <= 3 * 1024 * 1024, `${usage.bytes}`);
  assert.ok(usage.evicted.spans > 0 && usage.spans + usage.evicted.spans === 2000);
  const { items } = await viewer.get('/api/requests', { limit: 1000 });
  assert.equal(items[0].traceId, toTraceId(2000));
  assert.equal(items.length, Math.min(usage.spans, 1000));
  assert.equal((await viewer.fetch(`/api/traces/${toTraceId(1)}`)).status, 404);
});

test('what is older than the bound in age goes', async () => {
  await using viewer = await TestViewer.start({ maxAgeMs: 1000 });
  const { store } = viewer.server.session;
  await viewer.send('traces', createTraces([{ trace: 1, span: 1 }]));
  await viewer.send('logs', createLogs([{ body: 'old' }]));
  const removed = { spans: 0, logs: 0 };
  while (removed.spans === 0 || removed.logs === 0) {
    const [evicted] = await once(store, 'evicted');
    removed.spans += evicted.spans;
    removed.logs += evicted.logs;
  }
  assert.deepEqual(removed, { spans: 1, logs: 1 });
  assert.equal((await viewer.get('/api/status')).store.spans, 0);
});
