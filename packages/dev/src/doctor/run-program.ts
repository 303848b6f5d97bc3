import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Guard } from '../api/guard.ts';
import { quoteOption } from '../cli/environment.ts';
import { decode, type Request } from '../otlp/decode.ts';
import type { SpanData } from '../otlp/model.ts';
import { GrpcReceiver } from '../receiver/grpc-receiver.ts';
import { HttpReceiver } from '../receiver/http-receiver.ts';
import type { Intake } from '../receiver/ingest.ts';
import { listen } from '../receiver/loopback.ts';
import { ReceiverStats } from '../receiver/receiver-stats.ts';
import type { Received, RunReport, ThreadReport } from './run-report.ts';

const preload = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../preload/doctor.cjs' : '../preload/doctor.cjs',
    import.meta.url,
  ),
);

/** The longest that a program may take to listen, and to end after SIGTERM. */
const startMs = 10_000;
const endMs = 10_000;
/** How long a server without requests is left running. */
const idleMs = 1000;
const serverKind = 2;
const maxOutput = 1024 * 1024;

/** Judges the spans of all requests together: a child may arrive before its parent. */
class Arrivals implements Intake {
  readonly received: Received = { requests: 0, spans: 0, logs: 0, points: 0, paths: new Set(), orphans: [] };
  readonly ports = new EventEmitter();
  port: number | undefined;
  readonly #roots: SpanData[] = [];
  readonly #servers: SpanData[] = [];
  readonly isBusy = (): boolean => false;
  readonly receiveOpenSpans = (): void => {};
  readonly receivePackages = (): void => {};

  readonly receiveProcess = (body: Uint8Array): void => {
    const { port } = JSON.parse(Buffer.from(body).toString('utf8')) as { port?: unknown };
    if (typeof port !== 'number') return;
    this.port ??= port;
    this.ports.emit('port');
  };

  readonly ingest: Intake['ingest'] = async (signal, encoding, body) => {
    const request = decode(signal, encoding, body);
    this.received.requests += 1;
    if (request.signal === 'traces') this.#readSpans(request);
    else this.received[request.signal === 'logs' ? 'logs' : 'points'] += request.items;
    return { items: request.items, rejected: 0, reason: '' };
  };

  #readSpans({ decoded, items }: Extract<Request, { signal: 'traces' }>): void {
    this.received.spans += items;
    for (const span of decoded.groups.flatMap((group) => group.items)) {
      if (span.kind === serverKind) this.#servers.push(span);
      else if (span.parentSpanId === '') this.#roots.push(span);
      const path = span.attributes.get('url.path') ?? span.attributes.get('http.target');
      if (span.kind === serverKind && typeof path === 'string')
        this.received.paths.add(path.split('?', 1)[0] ?? path);
    }
  }

  finish(): Received {
    const during = ({ start }: SpanData): boolean =>
      this.#servers.some((server) => server.start.us <= start.us && start.us <= server.end.us);
    this.received.orphans = this.#roots.filter(during).map(({ name }) => name);
    return this.received;
  }
}

/** The environment of the program: its own, but for where it exports to. */
function createEnvironment(
  environment: NodeJS.ProcessEnv,
  ports: { readonly http: number; readonly grpc: number },
  directory: string,
): NodeJS.ProcessEnv {
  const child = { ...environment };
  const endpoint = (protocol: string | undefined): string =>
    `http://127.0.0.1:${protocol?.trim() === 'grpc' ? ports.grpc : ports.http}`;
  const protocol = environment['OTEL_EXPORTER_OTLP_PROTOCOL'];
  child['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint(protocol);
  for (const signal of ['TRACES', 'METRICS', 'LOGS']) {
    const own = environment[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`];
    delete child[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    if (own === undefined) continue;
    const isGrpc = own.trim() === 'grpc';
    child[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] = isGrpc
      ? endpoint(own)
      : `${endpoint(own)}/v1/${signal.toLowerCase()}`;
  }
  child['NODE_OPTIONS'] = [`--require ${quoteOption(preload)}`, environment['NODE_OPTIONS'] ?? '']
    .join(' ')
    .trim();
  child['SONDE_DOCTOR_DIRECTORY'] = directory;
  child['SONDE_DEV_ENDPOINT'] = `http://127.0.0.1:${ports.http}`;
  return child;
}

async function readReports(directory: string): Promise<ThreadReport[]> {
  const names = await readdir(directory);
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as ThreadReport),
  );
}

async function sendRequests(port: number, paths: readonly string[]): Promise<RunReport['requests']> {
  const requests: { path: string; status: number }[] = [];
  for (const path of paths) {
    try {
      // In order: a later request may depend on an earlier one.
      const response = await fetch(`http://localhost:${port}${path}`, { signal: AbortSignal.timeout(endMs) });
      await response.arrayBuffer();
      requests.push({ path, status: response.status });
    } catch {
      requests.push({ path, status: 0 });
    }
  }
  return requests;
}

/** Runs a program against a receiver of its own, sends requests, and ends it with SIGTERM. @throws if it cannot be started */
export async function runProgram(
  args: readonly string[],
  paths: readonly string[],
  directory: string,
): Promise<RunReport> {
  const arrivals = new Arrivals();
  const guard = new Guard('localhost', undefined);
  const http = new HttpReceiver(arrivals, guard, new ReceiverStats());
  const receiver = await listen(() => http.createServer(), { host: 'localhost', port: 0 });
  const grpc = await new GrpcReceiver(arrivals, guard, new ReceiverStats()).listen({
    host: 'localhost',
    port: 0,
  });
  const reports = await mkdtemp(join(tmpdir(), 'sonde-doctor-'));
  try {
    const env = createEnvironment(process.env, { http: receiver.port, grpc: grpc.port }, reports);
    const child = spawn(args[0] as string, args.slice(1), {
      cwd: directory,
      env,
      stdio: ['inherit', 'pipe', 'pipe'],
    });
    let output = '';
    // Standard output is that of the doctor, which may be JSON.
    child.stdout.pipe(process.stderr, { end: false });
    child.stderr.on('data', (chunk: Buffer) => {
      if (output.length < maxOutput) output += chunk.toString('utf8');
      process.stderr.write(chunk);
    });
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const stop = new AbortController();
    const listening =
      arrivals.port === undefined
        ? once(arrivals.ports, 'port', { signal: stop.signal }).catch(() => {})
        : undefined;
    const elapsed = (ms: number): Promise<unknown> =>
      once(AbortSignal.timeout(ms), 'abort', { signal: stop.signal }).catch(() => {});
    await Promise.race([listening, ended, elapsed(startMs)]);
    const requests =
      arrivals.port === undefined
        ? paths.map((path) => ({ path, status: 0 }))
        : await sendRequests(arrivals.port, paths);
    if (child.exitCode === null && child.signalCode === null) {
      if (paths.length === 0) await Promise.race([ended, elapsed(idleMs)]);
      child.kill('SIGTERM');
    }
    const late = setTimeout(() => child.kill('SIGKILL'), endMs);
    const [code, signal] = await ended;
    clearTimeout(late);
    stop.abort();
    const threads = await readReports(reports);
    const isElsewhere = ({ url, status }: { url: string; status: number }): boolean =>
      status === 200 && !url.includes(`:${receiver.port}/`);
    const elsewhere = threads.flatMap(({ exports }) => exports).some(isElsewhere) ? Infinity : 0;
    const notices = [...output.matchAll(/^sonde: (.*) \[(SONDE_[A-Z_]+)\]$/gm)].map(
      ([, message = '', notice = '']) => ({ code: notice, message }),
    );
    return {
      command: args.join(' '),
      ending: { code, signal },
      threads,
      received: arrivals.finish(),
      elsewhere,
      requests,
      notices,
    };
  } finally {
    await Promise.all([receiver.close(), grpc.close(), rm(reports, { recursive: true, force: true })]);
  }
}
