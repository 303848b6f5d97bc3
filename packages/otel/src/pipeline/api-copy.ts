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
/** The lowest version of the range of the dependency. */
const ownVersion = packageJson.dependencies['@opentelemetry/api'].replace('~', '');
const name = '@opentelemetry/api';
/** The version of the application's copy; undefined before the first lookup. */
let applicationVersion: string | undefined;

/** Parses the numbers of `1.10.0`, without a pre-release suffix. */
const versionNumbers = (version: string): number[] => version.split('-', 1)[0]?.split('.').map(Number) ?? [];

/** Whether a version has the major version of our copy and an older minor version. */
function isOlder(version: string): boolean {
  const [major, minor = 0] = versionNumbers(version);
  const [ownMajor, ownMinor = 0] = versionNumbers(ownVersion);
  return major === ownMajor && minor < ownMinor;
}

/** Whether our copy finds the globals of a copy with this version: same major version, and no older minor version. */
function isReadable(version: string): boolean {
  const [major, minor = 0] = versionNumbers(version);
  const [ownMajor, ownMinor = 0] = versionNumbers(ownVersion);
  return major === ownMajor && minor >= ownMinor;
}

/** One required method of each part. */
const requiredMethods = {
  context: 'setGlobalContextManager',
  diag: 'setLogger',
  logs: 'setGlobalLoggerProvider',
  metrics: 'setGlobalMeterProvider',
  propagation: 'setGlobalPropagator',
  trace: 'setGlobalTracerProvider',
  defaultTextMapGetter: 'get',
} as const satisfies Record<keyof Api, string>;

/** Whether a copy has all required methods. */
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
 * Returns the copy of the API that registers the globals. Copies that are not newer find these globals, but only copies of
 * the same version can register more. So the application's copy is used, unless it is older, has another major version or
 * is broken; then the bundled copy is used.
 */
export function applicationApi(): Api {
  if (ownUrl()?.endsWith('.ts') === true) return own;
  let path: string;
  try {
    path = ownRequire().resolve(name);
    const version = nearestPackage(dirname(path), (each) => each.name === name)?.manifest.version;
    applicationVersion ??= typeof version === 'string' ? version : ownVersion;
  } catch {
    // The application may bundle the API.
    return own;
  }
  // The ES module build imports the application's copy, unless it is older.
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

/** The proxy provider of a copy of the API, which connects earlier tracers and loggers to the provider. */
interface ProxyProvider<Provider> {
  readonly setDelegate?: (this: object, provider: Provider) => void;
  readonly _setDelegate?: (this: object, provider: Provider) => void;
}

/** Registers a tracer provider, also for earlier tracers. Returns false if another provider is registered. */
export function registerTracerProvider(provider: TracerProvider): boolean {
  const api = applicationApi();
  const proxies = [trace, ...olderTraceApi()].map((copy): TracerProvider & ProxyProvider<TracerProvider> =>
    copy.getTracerProvider(),
  );
  const isRegistered = api.trace.setGlobalTracerProvider(provider);
  if (isRegistered) for (const proxy of proxies) proxy.setDelegate?.(provider);
  return isRegistered;
}

/** Returns the application's copy of the API if it is older than ours and loaded, because its proxy is not registered. */
function olderTraceApi(): readonly Pick<Api['trace'], 'getTracerProvider'>[] {
  if (applicationVersion === undefined || !isOlder(applicationVersion)) return [];
  try {
    const copy = ownRequire().cache[ownRequire().resolve(name)]?.exports as Api | undefined;
    return copy === undefined ? [] : [copy.trace];
  } catch {
    return [];
  }
}

/** Registers a logger provider, also for earlier loggers. Returns false if another provider is registered. */
export function registerLoggerProvider(provider: LoggerProvider): boolean {
  const proxy: LoggerProvider & ProxyProvider<LoggerProvider> = logs.getLoggerProvider();
  const isRegistered = applicationApi().logs.setGlobalLoggerProvider(provider);
  const { _setDelegate: connect } = proxy;
  if (isRegistered) connect?.call(proxy, provider);
  return isRegistered;
}

/** Unregisters a global, so that another one can be registered. */
export function unregister(part: Exclude<keyof Globals, 'diag'>): void {
  for (const api of [applicationApi(), own]) api[part].disable();
}
