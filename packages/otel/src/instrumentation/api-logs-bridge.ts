import { type LoggerProvider, logs } from '@opentelemetry/api';

/** Where `@opentelemetry/api-logs` keeps its provider, and the version of what it expects there. */
const key = Symbol.for('io.opentelemetry.js.api.logs');
const compatible = 1;

/** Marks the bridge, for every copy of this package. */
const mark = Symbol.for('@sonde/otel');

type Getter = (version: number) => LoggerProvider | undefined;

const bridge: Getter = (version) => (version === compatible ? logs.getLoggerProvider() : undefined);

/**
 * Lets records through that are made with `@opentelemetry/api-logs`, the Logs API before it moved into
 * `@opentelemetry/api`: instrumentations of loggers still bring it.
 */
export function bridgeOlderLogsApi(): void {
  const place = globalThis as { [key]?: Getter };
  place[key] ??= Object.assign(bridge, { [mark]: true });
}

/** Whether what stands in the place of the older API's provider is the bridge, and no provider of others. */
export function isOlderLogsBridge(registered: unknown): boolean {
  return typeof registered === 'function' && mark in registered;
}
