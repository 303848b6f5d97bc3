import { createRequire } from 'node:module';
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
import packageJson from '../package.json' with { type: 'json' };
import { nearestPackage } from './application.ts';

/** The parts of the API that have a global. */
type Globals = Pick<typeof OpenTelemetry, 'context' | 'diag' | 'logs' | 'metrics' | 'propagation' | 'trace'>;

type Api = Globals & Pick<typeof OpenTelemetry, 'defaultTextMapGetter'>;

const own: Api = { context, diag, logs, metrics, propagation, trace, defaultTextMapGetter };
const ownVersion = packageJson.devDependencies['@opentelemetry/api'];
const name = '@opentelemetry/api';
const load = createRequire(import.meta.url);
/** Whether the application's copy is of the version that is built in; undefined until that was looked up. */
let isOwnVersion: boolean | undefined;

/**
 * The copy of the API to register with: in CommonJS a copy is built into this package. All copies in a process find
 * what one of them registers, but one that has another version than the first to register can register nothing more.
 */
export function applicationApi(): Api {
  // Of ES modules there is no list to look in; these share the application's copy.
  if (!import.meta.url.endsWith('.cjs')) return own;
  try {
    const path = load.resolve(name);
    if (load.cache[path] !== undefined) return load(path) as Api;
    isOwnVersion ??=
      nearestPackage(dirname(path), (each) => each.name === name)?.manifest.version === ownVersion;
    return isOwnVersion ? own : (load(path) as Api);
  } catch {
    // Bundled with the application, for example.
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
