import type { IncomingMessage } from 'node:http';
import { context } from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { HttpInstrumentation, type HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http';
import { PinoBridge } from '../bridges/pino.ts';
import { WinstonBridge } from '../bridges/winston.ts';
import type { BridgeOptions } from '../bridges/bridge.ts';
import type { Candidate } from './candidate.ts';
import { ChannelInstrumentation } from './channels/channel-instrumentation.ts';
import { channelLibraries } from './channels/libraries.ts';
import { frameworkCandidates } from './frameworks/frameworks.ts';
import { rememberResponse, reportBrokenResponses } from './http-client/broken-response.ts';
import { UndiciClientInstrumentation } from './http-client/undici.ts';
import { RuntimeInstrumentation, type RuntimeMetricsSettings } from './runtime/runtime-instrumentation.ts';
import { HttpServerInstrumentation } from './http-server/instrumentation.ts';
import { Http2ClientInstrumentation } from './http2/client.ts';
import { GrpcClientInstrumentation } from './http2/grpc-client.ts';
import { Http2Hook } from './http2/http2-hook.ts';

/** Settings of the instrumentations that are part of this package's dependencies. */
export interface BundledSettings {
  /** Paths whose incoming requests are not instrumented. */
  readonly ignorePaths: readonly string[];
  /** Redacts the query of an incoming request. */
  readonly redactQuery: (query: string) => string;
  /** Whether upstream's instrumentation handles incoming HTTP requests. */
  readonly usesUpstreamHttpServer: boolean;
  readonly runtimeMetrics: RuntimeMetricsSettings;
  readonly bridges: BridgeOptions;
}

/** Whether the path of a request is one of `paths`; the query is ignored. */
function matchesPath(paths: ReadonlySet<string>, { url = '' }: IncomingMessage): boolean {
  const question = url.indexOf('?');
  return paths.has(question === -1 ? url : url.slice(0, question));
}

/** Whether a request has a socket and headers: upstream's instrumentation throws into the application without them. */
const isFromServer = ({ socket, headers }: Partial<IncomingMessage>): boolean =>
  typeof socket === 'object' && socket !== null && typeof headers === 'object';

/** Ignores exports: upstream's instrumentation measures requests even if tracing is suppressed. */
const ignoreOutgoingRequestHook = (): boolean => isTracingSuppressed(context.active());

function createHttpClient(options: HttpInstrumentationConfig): HttpInstrumentation {
  const client = new HttpInstrumentation({
    ...options,
    ignoreOutgoingRequestHook,
    responseHook: rememberResponse,
  });
  reportBrokenResponses(client);
  return client;
}

function createHttp({
  ignorePaths,
  redactQuery,
  usesUpstreamHttpServer,
}: BundledSettings): Instrumentation[] {
  const ignored = new Set(ignorePaths);
  const isIgnored = (request: IncomingMessage): boolean => matchesPath(ignored, request);
  if (usesUpstreamHttpServer) {
    const ignoreIncomingRequestHook = (request: IncomingMessage): boolean =>
      !isFromServer(request) || isIgnored(request);
    return [
      createHttpClient({ ignoreIncomingRequestHook }),
      ...createHttp2(new HttpServerInstrumentation({ isIgnored, redactQuery, onlyHttp2: true })),
    ];
  }
  return [
    createHttpClient({ disableIncomingRequestInstrumentation: true }),
    ...createHttp2(new HttpServerInstrumentation({ isIgnored, redactQuery })),
  ];
}

function createHttp2(server: HttpServerInstrumentation): Instrumentation[] {
  const client = new Http2ClientInstrumentation();
  return [server, client, new Http2Hook(server, client)];
}

/** Replaces upstream's instrumentation, which a default import of `@grpc/grpc-js` bypasses. */
const grpcCandidate: Candidate = {
  name: 'grpc',
  packageName: '@sonde/otel',
  optIn: false,
  create: () => {
    const client = new GrpcClientInstrumentation();
    return [client, client.createHook()];
  },
};

/** Returns the bridges of logging libraries, which replace upstream's instrumentations of the same libraries. */
function bridgeCandidates(options: BridgeOptions): Candidate[] {
  const isEnabled = options.capture || options.traceIds;
  const bridge = (name: string, Bridge: typeof PinoBridge | typeof WinstonBridge): Candidate => ({
    name,
    packageName: '@sonde/otel',
    optIn: false,
    create: () => (isEnabled ? [new Bridge(options)] : []),
  });
  return [bridge('pino', PinoBridge), bridge('winston', WinstonBridge)];
}

/** Returns the readers of tracing channels. Installed instrumentations patch the versions of a library without channels. */
function channelCandidates(): Candidate[] {
  return channelLibraries.map((library) => ({
    name: library.name,
    packageName: '@sonde/otel',
    optIn: false,
    isComplement: true,
    create: () => [new ChannelInstrumentation(library)],
  }));
}

/** Returns the instrumentations that are part of Sonde. */
export function bundledInstrumentations(settings: BundledSettings): Candidate[] {
  const http: Candidate = {
    name: 'http',
    packageName: '@opentelemetry/instrumentation-http',
    optIn: false,
    create: () => createHttp(settings),
  };
  const undici: Candidate = {
    name: 'undici',
    packageName: '@sonde/otel',
    optIn: false,
    create: () => [new UndiciClientInstrumentation()],
  };
  const runtime: Candidate = {
    name: 'runtime-node',
    packageName: '@sonde/otel',
    optIn: false,
    create: () =>
      settings.runtimeMetrics.runtime || settings.runtimeMetrics.process
        ? [new RuntimeInstrumentation(settings.runtimeMetrics)]
        : [],
  };
  return [
    http,
    undici,
    grpcCandidate,
    runtime,
    ...bridgeCandidates(settings.bridges),
    ...channelCandidates(),
    ...frameworkCandidates(),
  ];
}
