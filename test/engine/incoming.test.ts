import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';
import { selfSigned } from '../zero-code/support/tls.ts';
import { alike, unlike } from './incoming/requests.ts';
import {
  type RecordedSpan,
  recordedDurations,
  recordedSpans,
  withStatusAsErrorType,
} from './incoming/record.ts';

const cwd = join(import.meta.dirname, 'incoming');
const timeout = 60_000;
const servers = ['http', 'handing', 'express', 'fastify', 'hono', 'koa', 'mounted', 'router'];

interface Telemetry {
  readonly spans: readonly RecordedSpan[];
  readonly durations: readonly unknown[];
}

/** The telemetry of one engine for the same requests. */
async function recordTelemetry(
  engine: string,
  talk: (program: Program) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<Telemetry> {
  await using sink = await OtlpSink.start();
  const args = [...packageFlags, '--import', './instrument.ts', 'servers.ts'];
  await using program = new Program(process.execPath, args, {
    cwd,
    env: { SONDE_ENGINE: engine, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env },
  });
  const expected = 'KEY' in env ? [...servers, 'https'] : servers;
  for (const server of expected) await program.printed(`${server} `);
  await talk(program);
  program.kill('SIGTERM');
  await program.ended;
  await sink.settled();
  return { spans: recordedSpans(sink), durations: recordedDurations(sink) };
}

suite('incoming requests', { timeout: 4 * timeout }, () => {
  test('are recorded alike by both engines', { timeout }, async (t) => {
    const identity = await selfSigned();
    if (identity === undefined) needs(t, 'openssl');
    const env = identity === undefined ? {} : { KEY: identity.key, CERT: identity.cert };
    const standard = await recordTelemetry('standard', alike, env);
    const lean = await recordTelemetry('lean', alike, env);
    assert.ok(standard.spans.length > 80, String(standard.spans.length));
    assert.deepEqual(withStatusAsErrorType(lean.spans), withStatusAsErrorType(standard.spans));
    assert.deepEqual(withStatusAsErrorType(lean.durations), withStatusAsErrorType(standard.durations));
  });

  test('are recorded correctly where upstream differs', { timeout }, async () => {
    const standard = await recordTelemetry('standard', unlike);
    const lean = await recordTelemetry('lean', unlike);
    assert.deepEqual(lean.spans.filter(isRequest).map(line), [
      'GET /cuts 200 _OTHER',
      'GET /destroys _OTHER',
      'GET /endless 200 client_disconnect',
      'GET /hangs client_disconnect',
      'GET /throws RangeError "thrown by the listener"',
      'GET /fails-streaming 200 SyntaxError "half way"',
      'GET /destroys-with TypeError "destroyed"',
      'GET /ok 101',
      'GET /ok 200',
      'GET /path?q=1 200',
      'GET //other/path 200',
      'GET /a?b=%20c 200',
      'GET /a?b=c+d 200',
      'GET /a/../b 200',
      'GET /handed-over 200',
      'HTTP /purged 200',
      'OPTIONS * 200',
      'POST /uploads client_disconnect',
    ]);
    assert.deepEqual(standard.spans.filter(isRequest).map(line), [
      'GET /throws RangeError "thrown by the listener"',
      'GET  200',
      'GET /a?b=+c 200',
      'GET /a?b=c+d 200',
      'GET /b 200',
      'GET /cuts 200',
      'GET /destroys-with 200',
      'GET /destroys 200',
      'GET /endless 200',
      'GET /fails-streaming 200',
      'GET /handed-over 200',
      'GET /handed-over 200',
      'GET /hangs 200',
      'GET /path?q=1 200',
      'GET /path 200',
      'OPTIONS /* 200',
      'POST /uploads 200',
      'PURGE /purged 200',
    ]);
  });
});

const isRequest = ({ attributes }: RecordedSpan): boolean => 'http.request.method' in attributes;

/** The outcome of a request: method, target, status and error; and what was recorded as an exception. */
function line({ name, attributes, status, events }: RecordedSpan): string {
  const { 'url.path': path = '', 'url.query': query, 'error.type': errorType } = attributes;
  const target = query === undefined ? path : `${path as string}?${query as string}`;
  const { message } = status as { message: string };
  const recorded = events.length > 0 ? JSON.stringify(message) : undefined;
  const parts = [target, attributes['http.response.status_code'], errorType, recorded];
  const texts = parts.filter((part) => part !== undefined).map(String);
  return [name.slice('2 '.length), ...texts].join(' ');
}
