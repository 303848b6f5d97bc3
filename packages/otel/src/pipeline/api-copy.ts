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
import { ownRequire, ownUrl } from '../own-require.ts';
import { warnOnce } from '../diagnostics/notice.ts';

/** The parts of the API that have a global. */
type Globals = Pick<typeof OpenTelemetry, 'context' | 'diag' | 'logs' | 'metrics' | 'propagation' | 'trace'>;

type Api = Globals & Pick<typeof OpenTelemetry, 'defaultTextMapGetter'>;

const own: Api = { context, diag, logs, metrics, propagation, trace, defaultTextMapGetter };
const ownVersion = packageJson.devDependencies['@opentelemetry/api'];
const name = '@opentelemetry/api';
/** The version of the application's copy; undefined until it was looked up. */
let applicationVersion: string | undefined;

/** Reads the numbers of `1.10.0`, without what follows a hyphen. */
const numbersOf = (version: string): number[] => version.split('-', 1)[0]?.split('.').map(Number) ?? [];

/** Whether our own copy finds what a copy of `version` registers: of the same major version, and no older minor one. */
function isReadable(version: string): boolean {
  const [major, minor = 0] = numbersOf(version);
  const [ownMajor, ownMinor = 0] = numbersOf(ownVersion);
  return major === ownMajor && minor >= ownMinor;
}

/** What is called of each part of a copy. */
const needed = {
  context: 'setGlobalContextManager',
  diag: 'setLogger',
  logs: 'setGlobalLoggerProvider',
  metrics: 'setGlobalMeterProvider',
  propagation: 'setGlobalPropagator',
  trace: 'setGlobalTracerProvider',
  defaultTextMapGetter: 'get',
} as const satisfies Record<keyof Api, string>;

/** Whether a copy has all that is used here. */
function isComplete(copy: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>): boolean {
  return Object.entries(needed).every(([part, method]) => typeof copy[part]?.[method] === 'function');
}

function reportVersion(version: string): void {
  const isOlder = numbersOf(version)[0] === numbersOf(ownVersion)[0];
  const outcome = isOlder
    ? 'Sonde uses a copy of its own, through which traces and metrics of the application are recorded'
    : 'what the application makes with it is not recorded';
  const message = `${name} ${version} is installed, Sonde needs ${ownVersion}: ${outcome}; install ${name}@${ownVersion}`;
  warnOnce('SONDE_API_VERSION', 'application', message);
}

/**
 * The copy of the API to register with: in CommonJS a copy is built into this package. All copies in a process find
 * what one of them registers, when they are not newer; but one that has another version than the first to register can
 * register nothing more. So it is the application's, unless that is older, of another major version, or broken.
 */
export function applicationApi(): Api {
  // Of ES modules there is no list to look in; these share the application's copy.
  if (ownUrl()?.endsWith('.cjs') !== true) return own;
  let path: string;
  try {
    path = ownRequire().resolve(name);
    const stated = nearestPackage(dirname(path), (each) => each.name === name)?.manifest.version;
    applicationVersion ??= typeof stated === 'string' ? stated : ownVersion;
  } catch {
    // Bundled with the application, for example.
    return own;
  }
  if (!isReadable(applicationVersion)) {
    reportVersion(applicationVersion);
    return own;
  }
  if (ownRequire().cache[path] === undefined && applicationVersion === ownVersion) return own;
  try {
    const api = ownRequire()(path) as Api & Parameters<typeof isComplete>[0];
    if (isComplete(api)) return api;
    throw new Error('it is incomplete');
  } catch (error) {
    const reason = String(error).split('\n', 1)[0];
    warnOnce('SONDE_API_VERSION', 'application', `${name} ${applicationVersion} cannot be used: ${reason}`);
    return own;
  }
}

/** What a copy of the API gives until a provider is registered: it connects what was asked of it before. */
interface StandIn<Provider> {
  readonly setDelegate?: (this: object, provider: Provider) => void;
  readonly _setDelegate?: (this: object, provider: Provider) => void;
}

/** Registers a provider, for what was asked of either copy before. False when there is another. */
export function registerTracerProvider(provider: TracerProvider): boolean {
  const standIn: TracerProvider & StandIn<TracerProvider> = trace.getTracerProvider();
  const isRegistered = applicationApi().trace.setGlobalTracerProvider(provider);
  if (isRegistered) standIn.setDelegate?.(provider);
  return isRegistered;
}

/** Registers a provider, for what was asked of either copy before. False when there is another. */
export function registerLoggerProvider(provider: LoggerProvider): boolean {
  const standIn: LoggerProvider & StandIn<LoggerProvider> = logs.getLoggerProvider();
  const isRegistered = applicationApi().logs.setGlobalLoggerProvider(provider);
  const { _setDelegate: connect } = standIn;
  if (isRegistered) connect?.call(standIn, provider);
  return isRegistered;
}

/** Leaves one global, so that something else can be registered. */
export function unregister(part: Exclude<keyof Globals, 'diag'>): void {
  for (const api of [applicationApi(), own]) api[part].disable();
}
