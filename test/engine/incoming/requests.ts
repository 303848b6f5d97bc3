import type { Program } from '../../support/program.ts';
import { Wire } from './wire.ts';

const host = 'host: shop.example:8080\r\n';
const last = `${host}connection: close\r\n`;

/** Says something to a server, once, and waits until it has hung up. */
async function ask(program: Program, server: string, head: string, rest = ''): Promise<string> {
  await using wire = await Wire.open(program, server);
  return await wire.say(`${head}\r\n${last}\r\n${rest}`).rest();
}

/** Sends the body of a request only when the request is known to be under way. */
async function upload(program: Program, path: string): Promise<void> {
  await using wire = await Wire.open(program, 'http');
  wire.say(`POST ${path} HTTP/1.1\r\ncontent-length: 6\r\n${last}\r\n`);
  await wire.reached(`reached ${path}\n`);
  await wire.say('abcdef').rest();
}

const get = (path: string): string => `GET ${path} HTTP/1.1`;
const remote = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Requests that both engines record alike. */
export async function alike(program: Program): Promise<void> {
  for (const server of program.stdout.includes('https ') ? ['http', 'https'] : ['http']) {
    for (const path of [
      '/ok',
      '/ok?a=1&b=two',
      '/missing',
      '/fails',
      '/later',
      '/listeners',
      '/stream',
      '/nested',
    ]) {
      await ask(program, server, get(path));
    }
    await ask(program, server, 'HEAD /ok HTTP/1.1');
  }
  await ask(program, 'http', 'GET /ok HTTP/1.0');
  await ask(program, 'http', get('/drain'));
  for (const path of ['/body', '/readable', '/iterate', '/removed']) await upload(program, path);
  for (const path of ['/healthz', '/metrics?name=a']) await ask(program, 'http', get(path));
  await ask(program, 'http', `${get('/baggage')}\r\ntraceparent: ${remote}\r\nbaggage: tenant=acme`);
  await ask(program, 'http', `${get('/ok')}\r\ntraceparent: nonsense`);
  await ask(program, 'http', `${get('/ok')}\r\nuser-agent: test/1`);
  for (const forwarded of [
    'x-forwarded-for: 192.0.2.1, 10.0.0.1',
    'x-forwarded-for: [2001:db8::1]:80',
    'x-forwarded-for: 2001:db8::1',
    'forwarded: for="',
  ]) {
    await ask(program, 'http', `${get('/ok')}\r\n${forwarded}`);
  }
  for (const name of ['shop.example', '127.0.0.1:1']) {
    await using wire = await Wire.open(program, 'http');
    await wire.say(`${get('/ok')}\r\nhost: ${name}\r\nconnection: close\r\n\r\n`).rest();
  }
  await onOneConnection(program);
  await continued(program);
  for (const server of ['express', 'fastify', 'hono', 'koa', 'mounted', 'router'])
    await framework(program, server);
}

/** Requests one after the other, and several sent at once. */
async function onOneConnection(program: Program): Promise<void> {
  await using wire = await Wire.open(program, 'http');
  wire.say(`${get('/stream')}\r\n${host}\r\n${get('/ok')}\r\n${host}\r\n${get('/listeners')}\r\n${host}\r\n`);
  await wire.say(`${get('/nested')}\r\n${last}\r\n`).rest();
}

/** Requests that are not requests to upstream, or in two steps. */
async function continued(program: Program): Promise<void> {
  await using wire = await Wire.open(program, 'http');
  wire.say(`POST /body HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n${last}\r\n`);
  await (await wire.answered()).say('ab').rest();
  await using malformed = await Wire.open(program, 'http');
  await malformed.say('GET /ok HTTP/9.9 nonsense\r\n\r\n').rest();
  await using hostless = await Wire.open(program, 'http');
  await hostless.say(`${get('/ok')}\r\nconnection: close\r\n\r\n`).rest();
}

async function framework(program: Program, server: string): Promise<void> {
  for (const path of ['/users/7?x=1', '/nowhere', '/throws']) await ask(program, server, get(path));
  await ask(program, server, 'HEAD /users/7 HTTP/1.1');
  const head = 'POST /echo HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 7';
  await ask(program, server, head, '{"a":1}');
}

/** A client that disconnects after the server received its request; resolves when the server has noticed it. */
async function goAway(program: Program, head: string, path: string, how: 'leave' | 'reset'): Promise<void> {
  const wire = await Wire.open(program, 'http');
  wire.say(`${head}\r\n${host}\r\n`);
  await wire.reached(`reached ${path}\n`);
  wire[how]();
  await wire.reached(`closed ${path}\n`);
}

/** Requests that upstream does not record correctly. */
export async function unlike(program: Program): Promise<void> {
  await goAway(program, get('/hangs'), '/hangs', 'leave');
  await goAway(program, 'POST /uploads HTTP/1.1\r\ncontent-length: 99', '/uploads', 'reset');
  const reader = await Wire.open(program, 'http');
  await reader.say(`${get('/endless')}\r\n${host}\r\n`).answered();
  reader.leave();
  await reader.reached('closed /endless\n');
  for (const path of ['/destroys', '/destroys-with', '/cuts', '/fails-streaming']) {
    await ask(program, 'http', get(path));
  }
  await ask(program, 'handing', get('/handed-over'));
  const throwing = await Wire.open(program, 'http');
  throwing.say(`${get('/throws')}\r\n${host}\r\n`);
  await throwing.reached('uncaught thrown by the listener');
  throwing.leave();
  for (const target of [
    '/a/../b',
    '//other/path',
    '/a?b=%20c',
    '/a?b=c+d',
    'http://other.example/path?q=1',
  ]) {
    await ask(program, 'http', get(target));
  }
  await ask(program, 'http', 'OPTIONS * HTTP/1.1');
  await ask(program, 'http', 'PURGE /purged HTTP/1.1');
  await using odd = await Wire.open(program, 'http');
  await odd.say(`${get('/ok')}\r\nhost: a:b:c\r\nconnection: close\r\n\r\n`).rest();
  await using upgrading = await Wire.open(program, 'http');
  await upgrading.say(`${get('/ok')}\r\n${host}connection: upgrade\r\nupgrade: websocket\r\n\r\n`).rest();
}
