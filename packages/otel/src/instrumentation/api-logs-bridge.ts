import { type LoggerProvider, logs } from '@opentelemetry/api';

/** The global key of the provider of `@opentelemetry/api-logs`, and the compatible version of its interface. */
const key = Symbol.for('io.opentelemetry.js.api.logs');
const compatible = 1;

/** Marks the bridge, also for other copies of this package. */
const mark = Symbol.for('@sonde/otel');

type Getter = (version: number) => LoggerProvider | undefined;

const bridge: Getter = (version) => (version === compatible ? logs.getLoggerProvider() : undefined);

/**
 * Forwards records of `@opentelemetry/api-logs`, which was the Logs API before it moved into `@opentelemetry/api`:
 * instrumentations of loggers still depend on it.
 */
export function bridgeOlderLogsApi(): void {
  const holder = globalThis as { [key]?: Getter };
  holder[key] ??= Object.assign(bridge, { [mark]: true });
}

/** Whether the registered provider of the older API is the bridge. */
export function isOlderLogsBridge(registered: unknown): boolean {
  return typeof registered === 'function' && mark in registered;
}
