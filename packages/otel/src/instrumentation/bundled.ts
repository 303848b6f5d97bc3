import type { IncomingMessage } from 'node:http';
import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { PinoBridge } from '../bridges/pino.ts';
import { WinstonBridge } from '../bridges/winston.ts';
import type { Config } from '../config/settings.ts';
import { createQueryRedactor } from '../redaction/query-redactor.ts';
import type { Candidate } from './candidate.ts';
import { HttpServerInstrumentation } from './http-server/instrumentation.ts';

/** Whether a request is for one of the paths, whatever its query. */
function isFor(paths: ReadonlySet<string>, { url = '' }: IncomingMessage): boolean {
  const question = url.indexOf('?');
  return paths.has(question === -1 ? url : url.slice(0, question));
}

/** Whether upstream can describe a request: it throws into the application over one without socket or headers. */
const isFromServer = ({ socket, headers }: Partial<IncomingMessage>): boolean =>
  typeof socket === 'object' && socket !== null && typeof headers === 'object';

/** Upstream measures what it does not trace: the exports too, which are no work of the application's. */
const ignoreOutgoingRequestHook = (): boolean => isTracingSuppressed(context.active());

function createHttp(config: Config): Instrumentation[] {
  const ignored = new Set(config['instrumentation.ignorePaths']);
  const isIgnored = (request: IncomingMessage): boolean => isFor(ignored, request);
  // What a configuration file describes is upstream's alone.
  if (config.engine !== 'lean' || config.configFile !== undefined) {
    const ignoreIncomingRequestHook = (request: IncomingMessage): boolean =>
      !isFromServer(request) || isIgnored(request);
    return [new HttpInstrumentation({ ignoreOutgoingRequestHook, ignoreIncomingRequestHook })];
  }
  return [
    new HttpInstrumentation({ ignoreOutgoingRequestHook, disableIncomingRequestInstrumentation: true }),
    new HttpServerInstrumentation({ isIgnored, redactQuery: createQueryRedactor(config) }),
  ];
}

/** The bridges from loggers of the application's own; they take the place of upstream's for the same loggers. */
function bridges(config: Config): Candidate[] {
  const capture = config['logs.captureLoggers'] && config['logs.exporter'] !== 'none';
  const options = { capture, traceIds: config['logs.traceIds'] };
  const isWanted = capture || options.traceIds;
  const bridge = (name: string, Bridge: typeof PinoBridge | typeof WinstonBridge): Candidate => ({
    name,
    packageName: '@sonde/otel',
    optIn: false,
    create: () => (isWanted ? [new Bridge(options)] : []),
  });
  return [bridge('pino', PinoBridge), bridge('winston', WinstonBridge)];
}

/** The instrumentations that come with Sonde. */
export function bundledInstrumentations(config: Config): Candidate[] {
  const http: Candidate = {
    name: 'http',
    packageName: '@opentelemetry/instrumentation-http',
    optIn: false,
    create: () => createHttp(config),
  };
  const undici: Candidate = {
    name: 'undici',
    packageName: '@opentelemetry/instrumentation-undici',
    optIn: false,
    create: () => [new UndiciInstrumentation()],
  };
  const runtime: Candidate = {
    name: 'runtime-node',
    packageName: '@opentelemetry/instrumentation-runtime-node',
    optIn: false,
    create: () => (config['metrics.runtime'] ? [new RuntimeNodeInstrumentation()] : []),
  };
  return [http, undici, runtime, ...bridges(config)];
}
