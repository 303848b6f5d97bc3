import { dirname } from 'node:path';
import type * as OpenTelemetry from '@opentelemetry/api';
import {
  context,
  defaultTextMapGetter,
  diag,
  type LoggerProvider,
  logs,
  metrics,
  propagation,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import packageJson from '../../package.json' with { type: 'json' };
import { nearestPackage } from '../config/package-json.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { ownRequire, ownUrl } from '@sonde/sdk';

/** The parts of the API that register a global. */
type Globals = Pick<typeof OpenTelemetry, 'context' | 'diag' | 'logs' | 'metrics' | 'propagation' | 'trace'>;

type Api = Globals & Pick<typeof OpenTelemetry, 'defaultTextMapGetter'>;

const own: Api = { context, diag, logs, metrics, propagation, trace, defaultTextMapGetter };
const ownVersion = packageJson.devDependencies['@opentelemetry/api'];
const name = '@opentelemetry/api';
/** The version of the application's copy; undefined before the first look-up. */
let applicationVersion: string | undefined;

/** Parses the numbers of `1.10.0`, without a pre-release suffix. */
const versionNumbers = (version: string): number[] => version.split('-', 1)[0]?.split('.').map(Number) ?? [];

/** Whether a version has the same major version as our copy, and an older minor version. */
function isOlder(version: string): boolean {
  const [major, minor = 0] = versionNumbers(version);
  const [ownMajor, ownMinor = 0] = versionNumbers(ownVersion);
  return major === ownMajor && minor < ownMinor;
}

/** Whether our copy finds the globals of a copy of `version`: it has the same major version and no older minor version. */
function isReadable(version: string): boolean {
  const [major, minor = 0] = versionNumbers(version);
  const [ownMajor, ownMinor = 0] = versionNumbers(ownVersion);
  return major === ownMajor && minor >= ownMinor;
}

/** A method of each part that is called here. */
const requiredMethods = {
  context: 'setGlobalContextManager',
  diag: 'setLogger',
  logs: 'setGlobalLoggerProvider',
  metrics: 'setGlobalMeterProvider',
  propagation: 'setGlobalPropagator',
  trace: 'setGlobalTracerProvider',
  defaultTextMapGetter: 'get',
} as const satisfies Record<keyof Api, string>;

/** Whether a copy has all parts that are used here. */
function isComplete(copy: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>): boolean {
  return Object.entries(requiredMethods).every(
    ([part, method]) => typeof copy[part]?.[method] === 'function',
  );
}

function reportVersion(version: string): void {
  const outcome = isOlder(version)
    ? 'Sonde uses its own copy, and still records the traces and metrics of the application'
    : 'telemetry that the application records with it is not exported';
  const message = `${name} ${version} is installed, expected ${ownVersion}: ${outcome}; install ${name}@${ownVersion}`;
  warnOnce('SONDE_API_VERSION', 'application', message);
}

/**
 * The copy of the API to register with: the CommonJS build contains one. All copies in a process that are not newer find
 * the globals that one of them registers, but only copies of the same version can register more. So this is the
 * application's copy, unless it is older, of another major version, or broken.
 */
export function applicationApi(): Api {
  if (ownUrl()?.endsWith('.ts') === true) return own;
  let path: string;
  try {
    path = ownRequire().resolve(name);
    const version = nearestPackage(dirname(path), (each) => each.name === name)?.manifest.version;
    applicationVersion ??= typeof version === 'string' ? version : ownVersion;
  } catch {
    // The API is bundled with the application, for example.
    return own;
  }
  // ES modules import the application's copy, unless it is older.
  const isOwn = ownUrl()?.endsWith('.mjs') === true && !isOlder(applicationVersion);
  if (isOwn) return own;
  if (!isReadable(applicationVersion)) {
    reportVersion(applicationVersion);
    return own;
  }
  if (ownRequire().cache[path] === undefined && applicationVersion === ownVersion) return own;
  try {
    const api = ownRequire()(path) as Api & Parameters<typeof isComplete>[0];
    if (isComplete(api)) return api;
    throw new Error('some of its parts are missing');
  } catch (error) {
    const reason = String(error).split('\n', 1)[0];
    warnOnce('SONDE_API_VERSION', 'application', `failed to use ${name} ${applicationVersion}: ${reason}`);
    return own;
  }
}

/** The proxy provider of a copy of the API: it connects the tracers and loggers that were created before. */
interface ProxyProvider<Provider> {
  readonly setDelegate?: (this: object, provider: Provider) => void;
  readonly _setDelegate?: (this: object, provider: Provider) => void;
}

/** Registers a tracer provider, also for the tracers that were created before. False if there is another provider. */
export function registerTracerProvider(provider: TracerProvider): boolean {
  const api = applicationApi();
  const proxies = [trace, ...olderTraceApi()].map((copy): TracerProvider & ProxyProvider<TracerProvider> =>
    copy.getTracerProvider(),
  );
  const isRegistered = api.trace.setGlobalTracerProvider(provider);
  if (isRegistered) for (const proxy of proxies) proxy.setDelegate?.(provider);
  return isRegistered;
}

/** The application's copy of the API, if it is older than ours and loaded: its proxy is not registered. */
function olderTraceApi(): readonly Pick<Api['trace'], 'getTracerProvider'>[] {
  if (applicationVersion === undefined || !isOlder(applicationVersion)) return [];
  try {
    const copy = ownRequire().cache[ownRequire().resolve(name)]?.exports as Api | undefined;
    return copy === undefined ? [] : [copy.trace];
  } catch {
    return [];
  }
}

/** Registers a logger provider, also for the loggers that were created before. False if there is another provider. */
export function registerLoggerProvider(provider: LoggerProvider): boolean {
  const proxy: LoggerProvider & ProxyProvider<LoggerProvider> = logs.getLoggerProvider();
  const isRegistered = applicationApi().logs.setGlobalLoggerProvider(provider);
  const { _setDelegate: connect } = proxy;
  if (isRegistered) connect?.call(proxy, provider);
  return isRegistered;
}

/** Unregisters one global, so that another can be registered. */
export function unregister(part: Exclude<keyof Globals, 'diag'>): void {
  for (const api of [applicationApi(), own]) api[part].disable();
}
