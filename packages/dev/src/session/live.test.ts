import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Live } from './live.ts';
import { TestViewer } from '../testing/viewer.ts';

test('events for a client that does not read are limited; then its stream ends', async () => {
  await using viewer = await TestViewer.start();
  const { session } = viewer.server;
  const live = new Live(session);
  try {
    const events = live.subscribe(new AbortController().signal);
    assert.equal((await events.next()).value?.event, 'hello');
    for (let count = 0; count < 100; count++) session.store.emit('cleared');
    assert.deepEqual((await events.next()).value, { event: 'cleared', data: {} });
    for (let count = 0; count < 2; count++) session.store.emit('cleared');
    assert.equal((await events.next()).done, true);
  } finally {
    live.close();
  }
});

test('a client receives all events until it goes away', async () => {
  await using viewer = await TestViewer.start();
  const { session } = viewer.server;
  const live = new Live(session);
  try {
    const client = new AbortController();
    const events = live.subscribe(client.signal);
    await events.next();
    for (let count = 0; count < 1000; count++) {
      const next = events.next();
      session.store.emit('cleared');
      assert.equal((await next).value?.event, 'cleared');
    }
    const last = events.next();
    client.abort();
    assert.equal((await last).done, true);
  } finally {
    live.close();
  }
});
