import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { enableContextEntry, enterContext } from './context-entry.ts';

const key = createContextKey('path');
const urlPath = (): unknown => context.active().getValue(key);
const createContext = ({ url }: IncomingMessage): Context => ROOT_CONTEXT.setValue(key, url);

/** A server whose listeners are called in the context of the request. Tells what is active before, and how it went. */
function entering(listener: RequestListener) {
  const server = createServer(listener);
  const before: unknown[] = [];
  const wasEntered: boolean[] = [];
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    const go = (): boolean => emit(event, ...args);
    if (event !== 'request') return go();
    const request = args[0] as IncomingMessage;
    before.push(urlPath());
    wasEntered.push(enterContext(createContext(request), request, server));
    return wasEntered.at(-1) ? go() : context.with(createContext(request), go);
  };
  return { server, before, wasEntered };
}

/** Listens on a free port until the test is over. Gives the port. */
async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const post = (path: string): string => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n`;

suite('the context of a request', () => {
  const manager = new AsyncLocalStorageContextManager().enable();
  assert.ok(context.setGlobalContextManager(manager));
  enableContextEntry(manager);
  const other = new AsyncLocalStorage<string>();

  test('is entered when Node.js calls the listeners, and is not active elsewhere', async (t) => {
    const seen: unknown[] = [];
    const { server, before, wasEntered } = entering((request, response) => {
      const own = request.url;
      const note = (): number => seen.push(urlPath() === own, other.getStore());
      note();
      process.nextTick(note);
      queueMicrotask(note);
      request.resume().on('end', () => {
        globalThis.setImmediate(() => response.end(own));
      });
      void setImmediate().then(note);
    });
    const port = await other.run('of the application', () => listening(t, server));
    await using socket = connect(port, '127.0.0.1');
    let answers = '';
    socket.setEncoding('latin1').on('data', (part: string) => (answers += part));
    const answered = async (path: string): Promise<void> => {
      while (!answers.endsWith(path)) await once(socket, 'data');
    };
    socket.write(`${post('/1')}body${post('/2')}body`);
    await answered('/2');
    socket.write(`${post('/3')}bo`);
    await setImmediate();
    socket.write('dy');
    await answered('/3');
    assert.deepEqual(wasEntered, [true, true, true]);
    assert.deepEqual(before, [undefined, undefined, undefined]);
    assert.equal(seen.length, 3 * 4 * 2);
    assert.deepEqual(new Set(seen), new Set([true, 'of the application']));
    assert.equal(urlPath(), undefined);
  });

  test('is left when the application calls the listeners', () => {
    const seen: unknown[] = [];
    const { server, wasEntered } = entering(() => seen.push(urlPath()));
    const request = Object.assign(new IncomingMessage(new Socket()), { url: '/by-hand' });
    server.emit('request', request, new ServerResponse(request));
    assert.deepEqual([...seen, urlPath(), ...wasEntered], ['/by-hand', undefined, false]);
  });

  test('is left when a listener passes the request to another server, or emits it again', async (t) => {
    const inner = entering((request, response) => response.end(`${request.url} in ${String(urlPath())}`));
    const seen: unknown[] = [];
    const outer = entering((request, response) => {
      const own = urlPath();
      const to = request.url === '/handed' ? inner.server : outer.server;
      if (request.url === '/again') {
        response.end();
        return;
      }
      request.url = request.url === '/handed' ? '/inner' : '/again';
      to.emit('request', request, response);
      seen.push(own, urlPath());
    });
    const port = await listening(t, outer.server);
    for (const path of ['/handed', '/twice']) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    assert.deepEqual(seen, ['/handed', '/handed', '/twice', '/twice']);
    assert.deepEqual([inner.wasEntered, outer.wasEntered], [[false], [true, true, false]]);
  });

  test('is not entered with another context manager', async (t) => {
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const { server, wasEntered } = entering((_request, response) => response.end(String(urlPath())));
    const port = await listening(t, server);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/other`)).text(), '/other');
    assert.deepEqual(wasEntered, [false]);
  });
});
