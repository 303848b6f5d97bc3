import { type LoggerProvider, logs } from '@opentelemetry/api';

/** Where `@opentelemetry/api-logs` keeps its provider, and the version of what it expects there. */
const key = Symbol.for('io.opentelemetry.js.api.logs');
const compatible = 1;

type Getter = (version: number) => LoggerProvider | undefined;

/**
 * Lets records through that are made with `@opentelemetry/api-logs`, the Logs API before it moved into
 * `@opentelemetry/api`: instrumentations of loggers still bring it.
 */
export function bridgeOlderLogsApi(): void {
  const place = globalThis as { [key]?: Getter };
  place[key] ??= (version) => (version === compatible ? logs.getLoggerProvider() : undefined);
}
