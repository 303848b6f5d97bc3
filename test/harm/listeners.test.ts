import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isFullSize } from '../support/full-size.ts';
import { packageFlags, Program } from '../support/program.ts';
import { stuckClients } from './support/stuck-clients.ts';

/** On a quiet machine responses take less than a second; SONDE_TEST_QUIET=1 asserts that. Other load takes its share. */
const answerWithinMs = process.env['SONDE_TEST_QUIET'] === '1' ? 1000 : 10_000;
const rounds = isFullSize ? 8 : 3;
/** The program alone needs 150 MB; one page is 2 MB. */
const maxPeakBytes = 400 * 1024 * 1024;
const getPage = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
const getPageByName = (name: string): string => getPage.replace('/metrics', `/metrics?name[]=${name}`);
const unendingHead = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Padding: ';
const unendingBody = 'POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n';

interface Listeners extends AsyncDisposable {
  readonly page: string;
  readonly router: string;
  /** Fails unless scrapes and requests get responses. */
  readonly areAnswering: (t: TestContext, between?: () => void) => Promise<void>;
}

async function startListeners(): Promise<Listeners> {
  const program = new Program(process.execPath, [...packageFlags, '--max-old-space-size=96', 'app.ts'], {
    cwd: join(import.meta.dirname, 'listeners'),
    env: { NODE_OPTIONS: '' },
  });
  await program.printed('\n');
  const { page, router } = JSON.parse(program.stdout) as { page: string; router: string };
  const areAnswering = async (t: TestContext, between?: () => void): Promise<void> => {
    let slowestMs = 0;
    const get = async (url: string): Promise<string> => {
      const startMs = performance.now();
      const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
      assert.equal(response.status, 200, url);
      const text = await response.text();
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      return text;
    };
    for (let round = 0; round < rounds; round++) {
      between?.();
      const [text] = await Promise.all([get(page), get(`${router}/memory`)]);
      assert.equal(text.match(/^requests_total\{/gm)?.length, 7600);
    }
    const memory = JSON.parse(await get(`${router}/memory`)) as { peakBytes: number };
    t.diagnostic(
      `slowest answer ${Math.round(slowestMs)} ms, peak ${Math.round(memory.peakBytes / 2 ** 20)} MiB`,
    );
    assert.ok(memory.peakBytes < maxPeakBytes, `${memory.peakBytes} bytes at the peak`);
  };
  return { page, router, areAnswering, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

test('scrapes and requests are served despite 400 scrapers that never read', async (t) => {
  await using listeners = await startListeners();
  await stuckClients(t, listeners.page, 400, getPage, 'answered');
  await listeners.areAnswering(t);
});

test('scrapes are served despite a sequence of scrapers that never read', async (t) => {
  await using listeners = await startListeners();
  for (let client = 0; client < 40; client++) {
    await stuckClients(t, listeners.page, 1, getPage, 'answered');
  }
  await listeners.areAnswering(t);
});

test('scrapes are served despite scrapers that never read and request different metrics', async (t) => {
  await using listeners = await startListeners();
  await Promise.all(
    Array.from({ length: 200 }, async (_, client) => {
      const text = getPageByName(`requests_total&name[]=${client}`);
      await stuckClients(t, listeners.page, 1, text, 'answered');
    }),
  );
  await listeners.areAnswering(t);
});

test('scrapes and requests are served despite 50 connections that send 50 scrapes each and never read', async (t) => {
  await using listeners = await startListeners();
  await stuckClients(t, listeners.page, 50, getPage.repeat(50), 'answered');
  await listeners.areAnswering(t);
});

for (const count of [256, 400, 1000]) {
  test(`scrapes and requests are served despite ${count} incomplete request heads`, async (t) => {
    await using listeners = await startListeners();
    const stuck = await stuckClients(t, listeners.page, count, unendingHead, 'sent');
    await listeners.areAnswering(t, () => stuck.write('x'));
  });
}

test('the router serves requests despite 400 clients that never read a large response', async (t) => {
  await using listeners = await startListeners();
  const getLarge = getPage.replace('/metrics', '/large');
  await stuckClients(t, listeners.router, 400, getLarge, 'answered');
  await listeners.areAnswering(t);
});

test('the router serves requests despite 400 slow bodies and 256 slow heads', async (t) => {
  await using listeners = await startListeners();
  const bodies = await stuckClients(t, listeners.router, 400, unendingBody, 'sent');
  const heads = await stuckClients(t, listeners.router, 256, unendingHead, 'sent');
  await listeners.areAnswering(t, () => {
    bodies.write('x');
    heads.write('x');
  });
});
