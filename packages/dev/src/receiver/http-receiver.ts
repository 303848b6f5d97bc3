import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Guard } from '../api/guard.ts';
import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import { readBody, RequestError } from './body.ts';
import type { Intake } from './ingest.ts';
import { createLimitedServer } from './limited-server.ts';
import type { ReceiverStats } from './receiver-stats.ts';
import { errorBody, successBody } from './responses.ts';

const signals: Readonly<Record<string, Signal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
};

/** The paths at which programs under `sonde dev` report data that OTLP does not define, with the methods that receive it. */
const reports: Readonly<Record<string, 'receiveOpenSpans' | 'receivePackages' | 'receiveProcess'>> = {
  '/v1development/open-spans': 'receiveOpenSpans',
  '/v1development/packages': 'receivePackages',
  '/v1development/processes': 'receiveProcess',
};

const mediaTypes: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
  'application/json': 'json',
};

/** Codes of `google.rpc.Status` for HTTP statuses. */
const rpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};

function requestEncoding(request: IncomingMessage): Encoding | undefined {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  return mediaTypes[type.trim().toLowerCase()];
}

/** The origins of browser pages that may send telemetry: those of this machine. They need CORS headers. */
function allowBrowser(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader(
    'access-control-allow-headers',
    'content-type, content-encoding, authorization, traceparent',
  );
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('access-control-max-age', '7200');
}

/**
 * Receives OTLP over HTTP.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export class HttpReceiver {
  readonly #intake: Intake;
  readonly #guard: Guard;
  readonly #stats: ReceiverStats;

  constructor(intake: Intake, guard: Guard, stats: ReceiverStats) {
    this.#intake = intake;
    this.#guard = guard;
    this.#stats = stats;
  }

  createServer(): Server {
    return createLimitedServer((request, response) => void this.#handle(request, response));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = requestEncoding(request);
    try {
      this.#guard.checkSender(request);
      allowBrowser(request, response);
      if (request.method === 'OPTIONS') {
        response.writeHead(204).end();
        return;
      }
      this.#stats.requests += 1;
      const body = await this.#receive(request, encoding);
      response.writeHead(200, {
        'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      });
      response.end(body);
    } catch (error) {
      this.#fail(request, response, encoding ?? 'json', error as Error);
    }
  }

  async #receive(request: IncomingMessage, encoding: Encoding | undefined): Promise<Buffer> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const signal = signals[path];
    const report = reports[path];
    if (signal === undefined && report === undefined) {
      const known = Object.keys(signals).join(', ');
      throw new RequestError(
        404,
        `${JSON.stringify(path.slice(0, 200))} is no path of OTLP; expected ${known}`,
      );
    }
    if (request.method !== 'POST')
      throw new RequestError(405, `method ${request.method} is not allowed; expected POST`);
    if (encoding === undefined) {
      const type = JSON.stringify(request.headers['content-type'] ?? '');
      throw new RequestError(
        415,
        `content-type ${type} is not known; expected application/x-protobuf or application/json`,
      );
    }
    if (this.#intake.isBusy()) throw new RequestError(503, 'the viewer is busy; try again in a second');
    const body = await readBody(request);
    try {
      if (signal !== undefined)
        return successBody(signal, encoding, await this.#intake.ingest(signal, encoding, body));
      if (report !== undefined) this.#intake[report](body);
      return Buffer.from('{}');
    } catch (error) {
      throw new RequestError(400, `the body is not valid OTLP ${encoding}: ${(error as Error).message}`);
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, encoding: Encoding, error: Error): void {
    const status = error instanceof RequestError ? error.status : 500;
    // The sender disconnected during its request: a response is not possible.
    if (request.destroyed && !request.complete && status === 500) {
      response.destroy();
      return;
    }
    this.#stats.fail(`${request.method} ${(request.url ?? '').slice(0, 100)}: ${error.message}`);
    response.setHeader('content-type', encoding === 'json' ? 'application/json' : 'application/x-protobuf');
    if (status === 503) response.setHeader('retry-after', '1');
    if (status === 405) response.setHeader('allow', 'POST');
    // The unread rest of a body would be parsed as the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(status);
    response.end(errorBody(encoding, rpcCodes[status] ?? 13, error.message));
  }
}
