import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { allowEntering, enter } from './entered-context.ts';

const key = createContextKey('path');
const pathOf = (): unknown => context.active().getValue(key);
const contextOf = ({ url }: IncomingMessage): Context => ROOT_CONTEXT.setValue(key, url);

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
    before.push(pathOf());
    wasEntered.push(enter(contextOf(request), request));
    return wasEntered.at(-1) ? go() : context.with(contextOf(request), go);
  };
  return { server, before, wasEntered };
}

const post = (path: string): string => `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n`;

suite('the context of a request', () => {
  const manager = new AsyncLocalStorageContextManager().enable();
  assert.ok(context.setGlobalContextManager(manager));
  allowEntering(manager);
  const other = new AsyncLocalStorage<string>();

  test('is entered where Node calls, and is that of no other request and of nobody else', async () => {
    const seen: unknown[] = [];
    const { server, before, wasEntered } = entering((request, response) => {
      const own = request.url;
      const note = (): number => seen.push(pathOf() === own, other.getStore());
      note();
      process.nextTick(note);
      queueMicrotask(note);
      request.resume().on('end', () => {
        globalThis.setImmediate(() => response.end(own));
      });
      void setImmediate().then(note);
    });
    other.run('of the application', () => server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    await using socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
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
    assert.equal(pathOf(), undefined);
    server.close();
  });

  test('is left again where somebody else calls the listeners', () => {
    const seen: unknown[] = [];
    const { server, wasEntered } = entering(() => seen.push(pathOf()));
    const request = Object.assign(new IncomingMessage(new Socket()), { url: '/by-hand' });
    server.emit('request', request, new ServerResponse(request));
    assert.deepEqual([...seen, pathOf(), ...wasEntered], ['/by-hand', undefined, false]);
  });

  test('is not entered where another context manager is in force', async () => {
    context.disable();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const { server, wasEntered } = entering((_request, response) => response.end(String(pathOf())));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/other`)).text(), '/other');
    assert.deepEqual(wasEntered, [false]);
    server.closeAllConnections();
    server.close();
  });
});
