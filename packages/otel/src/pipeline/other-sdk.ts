import { isOlderLogsBridge } from '../instrumentation/api-logs-bridge.ts';
import { state } from '../state.ts';
import { warnOnce } from '../diagnostics/notice.ts';

/** The signals, each with a separate provider. */
export const signals = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof signals)[number];

/** The globals that all copies of `@opentelemetry/api` 1.x share. */
interface Registered {
  readonly version?: unknown;
  readonly trace?: unknown;
  readonly metrics?: unknown;
  readonly logs?: unknown;
  readonly context?: unknown;
  readonly propagation?: unknown;
  diag?: unknown;
}

const apiKey = Symbol.for('opentelemetry.js.api.1');
/** The global of `@opentelemetry/api-logs`, which SDKs before 3.0 use. */
const olderLogsKey = Symbol.for('io.opentelemetry.js.api.logs');

const globals = globalThis as { [apiKey]?: Registered; [olderLogsKey]?: unknown };

/** Whether an earlier `start()` registered the current global of the API. */
export function isRegistered(slot: Exclude<keyof Registered, 'version' | 'diag'>): boolean {
  const current = globals[apiKey]?.[slot];
  return current !== undefined && current === state.restart.registered[slot];
}

/** Stores the globals that Sonde registered, without those of signals that another SDK provides. */
export function rememberRegistrations(others: ReadonlySet<Signal>): void {
  const { trace, metrics, logs, context, propagation } = globals[apiKey] ?? {};
  const tracing = others.has('traces') ? {} : { trace, context, propagation };
  state.restart.registered = {
    ...tracing,
    ...(others.has('metrics') ? {} : { metrics }),
    ...(others.has('logs') ? {} : { logs }),
  };
}

/** Returns the signals whose provider was registered by another SDK, with a copy of the API of any version. */
export function registeredSignals(): ReadonlySet<Signal> {
  const { trace, metrics, logs } = globals[apiKey] ?? {};
  const held = new Set<Signal>();
  if (trace !== undefined && !isRegistered('trace')) held.add('traces');
  if (metrics !== undefined && !isRegistered('metrics')) held.add('metrics');
  const older = globals[olderLogsKey];
  const isOlderLogsApi = older !== undefined && !isOlderLogsBridge(older);
  if (isOlderLogsApi || (logs !== undefined && !isRegistered('logs'))) held.add('logs');
  return held;
}

/** Warns once that another SDK registered the provider of a signal first, which the API keeps. */
export function warnAlreadyRegistered(signal: Signal): void {
  const instrumentations = signal === 'traces' ? ', and Sonde starts no instrumentations for them' : '';
  const message = `another OpenTelemetry SDK is already registered for ${signal}${instrumentations}: remove it, or start Sonde first`;
  warnOnce('SONDE_OTHER_SDK', signal, message);
}

/** The signal and the global of each method of the API that registers a provider. */
const registrations: ReadonlyMap<string, readonly [Signal, 'trace' | 'metrics' | 'logs']> = new Map([
  ['setGlobalTracerProvider', ['traces', 'trace']],
  ['setGlobalMeterProvider', ['metrics', 'metrics']],
  ['setGlobalLoggerProvider', ['logs', 'logs']],
]);
const maxFrames = 12;
/** Maximum number of diagnostic messages that are checked, because SDKs register when the application starts. */
const maxChecks = 256;

/**
 * Warns about an SDK that registers after Sonde and so receives no telemetry. The API reports the rejected registration to
 * its diagnostic logger, which it reads from a global. A read by a method that registers a provider is therefore a rejected
 * registration. The logger is not replaced, and other globals do not become slower.
 *
 * @returns a function that stops watching
 */
export function watchRegistrations(): () => void {
  const registered = globals[apiKey];
  if (registered === undefined) return () => {};
  const own = { ...registered };
  let logger = registered.diag;
  let checks = 0;
  const stop = (): void => {
    if (Object.getOwnPropertyDescriptor(registered, 'diag')?.get !== get) return;
    const value = { value: logger, writable: true, enumerable: true, configurable: true };
    if (logger === undefined) delete registered.diag;
    else Object.defineProperty(registered, 'diag', value);
  };
  const get = (): unknown => {
    checks++;
    const signal = refusedSignal(registered, own);
    if (signal !== undefined) reportRefused(signal);
    if (signal !== undefined || checks >= maxChecks) stop();
    return logger;
  };
  const set = (value: unknown): void => {
    logger = value;
  };
  Object.defineProperty(registered, 'diag', { get, set, enumerable: true, configurable: true });
  return stop;
}

/** Returns the signal that the caller registers while Sonde's provider is registered; undefined for other callers. */
function refusedSignal(registered: Registered, own: Registered): Signal | undefined {
  // Unsupported versions of Node.js load this file but lack the export.
  const { getCallSites } = process.getBuiltinModule('node:util');
  for (const { functionName } of getCallSites(maxFrames)) {
    const [signal, slot] = registrations.get(functionName.split('.').at(-1) ?? '') ?? [];
    if (slot === undefined) continue;
    return own[slot] !== undefined && registered[slot] === own[slot] ? signal : undefined;
  }
  return undefined;
}

function reportRefused(signal: Signal): void {
  state.isOtherSdkRefused = true;
  const remedy = 'remove one of the two set-ups';
  warnOnce(
    'SONDE_OTHER_SDK',
    'after',
    `another OpenTelemetry SDK was started after Sonde and receives no ${signal}: ${remedy}`,
  );
}
