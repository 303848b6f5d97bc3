import { isOlderLogsBridge } from '../instrumentation/api-logs-bridge.ts';
import { state } from '../state.ts';
import { warnOnce } from '../diagnostics/notice.ts';

/** The signals. Each one has its own provider. */
export const signals = ['traces', 'metrics', 'logs'] as const;
export type Signal = (typeof signals)[number];

/** The globals of all copies of `@opentelemetry/api` 1.x. */
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

/** Whether a global of the API is the one that an earlier `start()` registered. */
export function isRegistered(slot: Exclude<keyof Registered, 'version' | 'diag'>): boolean {
  const current = globals[apiKey]?.[slot];
  return current !== undefined && current === state.restart.registered[slot];
}

/** Remembers the globals that Sonde registered: all but those of signals that another SDK has. */
export function rememberRegistrations(others: ReadonlySet<Signal>): void {
  const { trace, metrics, logs, context, propagation } = globals[apiKey] ?? {};
  const tracing = others.has('traces') ? {} : { trace, context, propagation };
  state.restart.registered = {
    ...tracing,
    ...(others.has('metrics') ? {} : { metrics }),
    ...(others.has('logs') ? {} : { logs }),
  };
}

/** The signals whose provider is registered, and not by Sonde. Copies of any version of the API count. */
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

/** Warns once that another SDK registered the provider of a signal first: the API keeps it. */
export function warnAlreadyRegistered(signal: Signal): void {
  const instrumentations = signal === 'traces' ? ', and Sonde starts no instrumentations for them' : '';
  const message = `another OpenTelemetry SDK is already registered for ${signal}${instrumentations}: remove it, or start Sonde first`;
  warnOnce('SONDE_OTHER_SDK', signal, message);
}

/** The methods of the API that register a provider, with their signal and their global. */
const registrations: ReadonlyMap<string, readonly [Signal, 'trace' | 'metrics' | 'logs']> = new Map([
  ['setGlobalTracerProvider', ['traces', 'trace']],
  ['setGlobalMeterProvider', ['metrics', 'metrics']],
  ['setGlobalLoggerProvider', ['logs', 'logs']],
]);
const maxFrames = 12;
/** How many diagnostic messages are checked: an SDK registers when the application starts. */
const maxChecks = 256;

/**
 * Warns about an SDK that is registered after Sonde and so receives nothing. The API reports the refused registration to
 * its diagnostic logger, which it reads from a global: a read by a method that registers a provider is a refused
 * registration. The logger itself does not change, and no other global gets slower.
 *
 * @returns stops watching
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

/** The signal that a caller tries to register while Sonde's provider is registered; undefined for other callers. */
function refusedSignal(registered: Registered, own: Registered): Signal | undefined {
  // Unsupported versions of Node.js have no such export, but load this file.
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
