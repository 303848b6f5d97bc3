import { lookup } from 'node:dns/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { connect, type Socket } from 'node:net';
import tls from 'node:tls';
import { formatUrl, type OtlpTarget } from './otlp-target.ts';

/** A step of the probe. The first one that fails is the last one. */
interface Step {
  readonly name: 'name' | 'connection' | 'TLS' | 'HTTP' | 'OTLP';
  readonly result: string;
}

/** The outcome of a probe. */
export interface EndpointReport {
  readonly target: OtlpTarget;
  readonly steps: readonly Step[];
  readonly failure: Failure | undefined;
}

export type FailureReason =
  | 'name'
  | 'refused'
  | 'loopback'
  | 'family'
  | 'tls'
  | 'protocol'
  | 'path'
  | 'authorization'
  | 'not OTLP'
  | 'unavailable';

interface Failure {
  readonly reason: FailureReason;
  readonly detail: string;
  /** The endpoint or the protocol that works instead. */
  readonly instead?: string;
}

const timeoutMs = 1000;

/** Resolves to '' when the event has come, else to the code of the failure. */
function tryOpen(socket: Socket, event: 'connect' | 'secureConnect'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const settle = (result: string): void => {
    resolve(result);
    socket.destroy();
  };
  socket.once(event, () => settle(''));
  socket.once('timeout', () => settle('ETIMEDOUT'));
  socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  return promise;
}

const tryConnect = async (host: string, port: number): Promise<string> =>
  (await tryOpen(connect({ host, port, timeout: timeoutMs }), 'connect')) || 'connected';

const tryTls = (host: string, port: number): Promise<string> =>
  tryOpen(tls.connect({ host, port, servername: host, timeout: timeoutMs }), 'secureConnect');

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly error: string;
}

/** Posts a request without items, as an exporter does. */
function postEmpty(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { request } = url.protocol === 'https:' ? https : http;
  const sent = request(url, {
    method: 'POST',
    timeout: timeoutMs,
    headers: { 'content-type': 'application/x-protobuf', ...headers, 'content-length': '0' },
    agent: false,
  });
  const fail = (error: string): void => {
    resolve({ status: 0, type: '', error });
    sent.destroy();
  };
  sent.once('response', (response) => {
    resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', error: '' });
    response.destroy();
  });
  sent.once('timeout', () => fail('ETIMEDOUT'));
  sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  sent.end();
  return promise;
}

/** Calls the gRPC method of traces without items. Resolves to its status, or to an error. */
function callGrpc(
  origin: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; error: string }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; error: string }>();
  const session = http2.connect(origin);
  const settle = (status: number, error: string): void => {
    clearTimeout(timer);
    resolve({ status, error });
    session.destroy();
  };
  const timer = setTimeout(() => settle(-1, 'ETIMEDOUT'), timeoutMs);
  session.on('error', (error: NodeJS.ErrnoException) => settle(-1, error.code ?? error.message));
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const read = (fields: http2.IncomingHttpHeaders): void => {
    if (fields['grpc-status'] !== undefined) settle(Number(fields['grpc-status']), '');
  };
  stream.on('response', (fields) => {
    read(fields);
    if (!String(fields['content-type']).startsWith('application/grpc'))
      settle(-1, `HTTP ${fields[':status']}`);
  });
  stream.on('trailers', read);
  stream.on('error', (error: NodeJS.ErrnoException) => settle(-1, error.code ?? error.message));
  stream.resume();
  stream.end(Buffer.alloc(5));
  return promise;
}

async function judgeHttp({ url, headers }: OtlpTarget, steps: Step[]): Promise<Failure | undefined> {
  const answer = await postEmpty(url, headers);
  if (answer.status === 0) {
    steps.push({ name: 'HTTP', result: answer.error });
    const isGrpc = (await callGrpc(url.origin, headers)).error === '';
    if (isGrpc)
      return {
        reason: 'protocol',
        detail: `the port speaks gRPC, and the exporter HTTP (${answer.error})`,
        instead: 'grpc',
      };
    return { reason: 'not OTLP', detail: `no HTTP server answers (${answer.error})` };
  }
  steps.push({ name: 'HTTP', result: `POST ${url.pathname} → ${answer.status}` });
  if (answer.status === 401 || answer.status === 403)
    return { reason: 'authorization', detail: `POST ${url.pathname} → ${answer.status}` };
  if (answer.status === 404 || answer.status === 405) {
    const standard = new URL(`/v1/${url.pathname.match(/traces|metrics|logs/)?.[0] ?? 'traces'}`, url);
    const other = standard.pathname === url.pathname ? undefined : await postEmpty(standard, headers);
    return {
      reason: 'path',
      detail: `POST ${url.pathname} → ${answer.status}`,
      ...(other?.status === 200 && { instead: formatUrl(standard) }),
    };
  }
  if (answer.status >= 500)
    return { reason: 'unavailable', detail: `POST ${url.pathname} → ${answer.status}` };
  if (answer.status !== 200 || !/protobuf|json/.test(answer.type))
    return { reason: 'not OTLP', detail: `POST ${url.pathname} → ${answer.status} ${answer.type}` };
  steps.push({ name: 'OTLP', result: 'accepted' });
  return undefined;
}

/** Codes of gRPC. */
const unauthenticated = 16;
const permissionDenied = 7;

async function judgeGrpc({ url, headers }: OtlpTarget, steps: Step[]): Promise<Failure | undefined> {
  const { status, error } = await callGrpc(url.origin, headers);
  if (error !== '') {
    const asHttp = await postEmpty(new URL('/v1/traces', url), headers);
    steps.push({ name: 'HTTP', result: error });
    if (asHttp.status > 0)
      return {
        reason: 'protocol',
        detail: `the port speaks HTTP, and the exporter gRPC (${error})`,
        instead: 'http/protobuf',
      };
    return { reason: 'not OTLP', detail: `no gRPC server answers (${error})` };
  }
  steps.push({ name: 'OTLP', result: `gRPC status ${status}` });
  if (status === unauthenticated || status === permissionDenied)
    return { reason: 'authorization', detail: `gRPC status ${status}` };
  return status === 0 ? undefined : { reason: 'not OTLP', detail: `gRPC status ${status}` };
}

async function judge(target: OtlpTarget, steps: Step[]): Promise<Failure | undefined> {
  const { url, protocol } = target;
  const host = url.hostname.replace('[', '').replace(']', '');
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let addresses: { address: string }[];
  try {
    addresses = await lookup(host, { all: true });
  } catch (error) {
    const { code = 'ENOTFOUND' } = error as NodeJS.ErrnoException;
    steps.push({ name: 'name', result: code });
    return { reason: 'name', detail: `${host}: ${code}` };
  }
  steps.push({ name: 'name', result: addresses.map(({ address }) => address).join(', ') });
  const results = await Promise.all(
    addresses.map(async ({ address }) => ({ address, result: await tryConnect(address, port) })),
  );
  const text = results.map(({ address, result }) => `${address} port ${port}: ${result}`).join(', ');
  steps.push({ name: 'connection', result: text });
  if (!results.some(({ result }) => result === 'connected')) {
    const other = host === '::1' ? '127.0.0.1' : host === '127.0.0.1' ? '::1' : undefined;
    if (other !== undefined && (await tryConnect(other, port)) === 'connected') {
      return {
        reason: 'family',
        detail: `${text}, and ${other} accepts`,
        instead: formatUrl(url).replace(url.hostname, 'localhost'),
      };
    }
    return { reason: 'refused', detail: text };
  }
  if (url.protocol === 'https:') {
    const error = await tryTls(host, port);
    steps.push({ name: 'TLS', result: error || 'trusted' });
    if (error !== '') return { reason: 'tls', detail: `${url.host}: ${error}` };
  }
  return protocol === 'grpc' ? judgeGrpc(target, steps) : judgeHttp(target, steps);
}

/** Goes to an OTLP endpoint step by step: name, connection, TLS, HTTP, OTLP. Sends no item. */
export async function probeEndpoint(target: OtlpTarget, isContainer: boolean): Promise<EndpointReport> {
  const steps: Step[] = [];
  const failure = await judge(target, steps);
  // With a variable: the default may just have no receiver yet.
  const isLoopback =
    target.variable !== undefined && /^(?:localhost|127\.|\[::1\])/.test(target.url.hostname);
  const isItself = failure?.reason === 'refused' && isContainer && isLoopback;
  return { target, steps, failure: isItself ? { ...failure, reason: 'loopback' } : failure };
}
