import type { Attributes, Logger, LoggerOptions } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { defaultResource } from '@opentelemetry/resources';
import { LoggerProvider, type LoggerProviderOptions, type LogRecordProcessor } from '@opentelemetry/sdk-logs';

import { sanitizeLogAttributes, resolveLogLimits } from './log-limits.ts';

import { convertAttributes, maxUnconvertedLength } from './convert-attributes.ts';
import type { LoggerSharedState } from './log-record.ts';
import { LeanLogger, type LogPipeline } from './logger.ts';
import { readOption, readScope, type ScopeIdentity } from '../identity.ts';
import { NameLimit } from '../metrics/name-limit.ts';
import { detailAttributes } from '../traces/span-values.ts';
import type { DropCounter } from '../drop-counter.ts';
import { type AttributeLimits, AttributeSanitizer } from '../attributes/attribute-sanitizer.ts';

/** Options of {@link LeanLoggerProvider}, in addition to those of upstream's provider. */
export interface LeanLoggerProviderOptions extends LoggerProviderOptions {
  /** Counts dropped data. If set, `emit` does not throw, and values that upstream rejects are converted. */
  readonly dropCounter?: DropCounter;
  /** Called once when the limit of loggers is reached. */
  readonly onNameLimit?: (limit: number) => void;
}

/** Limits of values that need no converter. */
function unconvertedLimits(limits: AttributeLimits): AttributeLimits {
  const { attributeValueLengthLimit: limit } = limits;
  return { ...limits, attributeValueLengthLimit: limit > 0 ? Math.min(limit, maxUnconvertedLength) : limit };
}

interface ScopeDetails {
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** Returns the valid attributes of a scope; undefined if it has none. Never throws. */
export function readScopeAttributes(
  options: LoggerOptions | undefined,
  limits: AttributeLimits,
): ScopeDetails | undefined {
  const attributes = options === undefined ? undefined : readOption(options, 'attributes');
  if (typeof attributes !== 'object' || attributes === null) return undefined;
  return detailAttributes(attributes as Attributes, limits, true).sanitized;
}

function scopeKey({ name, version, schemaUrl }: ScopeIdentity, details: ScopeDetails | undefined): string {
  const attributes = details === undefined ? '' : JSON.stringify(details);
  return `${name}@${version ?? ''}:${schemaUrl ?? ''}${attributes}`;
}

/** Whether a processor receives all records, because it has no `enabled`. */
function hasOpenProcessor(processors: readonly LogRecordProcessor[]): boolean {
  return processors.some((processor) => !('enabled' in processor));
}

function createSharedState(options: LeanLoggerProviderOptions): Omit<LoggerSharedState, 'scope'> {
  const { resource = defaultResource(), dropCounter } = options;
  const limits = resolveLogLimits(options.logRecordLimits);
  const startAttributes =
    dropCounter === undefined
      ? new AttributeSanitizer(limits, (attributes) => sanitizeLogAttributes(attributes, limits))
      : new AttributeSanitizer(unconvertedLimits(limits), (attributes) =>
          convertAttributes(attributes, limits),
        );
  return { resource, limits, startAttributes, dropCounter };
}

/**
 * A logger provider with the interface of upstream's provider and lower overhead. The configuration of loggers, flush and
 * shutdown are upstream's.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/sdk/#loggerprovider
 */
export class LeanLoggerProvider extends LoggerProvider {
  readonly #keys = new Set<string>();
  readonly #names: NameLimit;
  /** The loggers by upstream's logger of the same scope. */
  readonly #loggers = new Map<Logger, LeanLogger>();
  /** The array that upstream's provider uses too. */
  readonly #processors: LogRecordProcessor[];
  #shared: Omit<LoggerSharedState, 'scope'>;
  readonly #pipeline: LogPipeline;
  #isShutDown = false;

  constructor(options: LeanLoggerProviderOptions = {}) {
    const { resource = defaultResource(), processors = [] } = options;
    super({ ...options, resource, processors });
    this.#names = new NameLimit(options.onNameLimit ?? (() => {}));
    this.#processors = processors;
    this.#shared = createSharedState({ ...options, resource });
    this.#pipeline = {
      processors,
      acceptsAll: hasOpenProcessor(processors) && options.loggerConfigurator === undefined,
    };
  }

  /** Connects all loggers to new processors after the previous ones were shut down. */
  restart(options: Omit<LeanLoggerProviderOptions, 'loggerConfigurator'>): void {
    const { processors = [] } = options;
    this.#processors.splice(0, this.#processors.length, ...processors);
    this.#pipeline.acceptsAll = hasOpenProcessor(processors);
    this.#shared = createSharedState(options);
    for (const logger of this.#loggers.values()) logger.rebind(this.#shared);
  }

  override getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
    const identity = readScope(name, version, options);
    const attributes = readScopeAttributes(options, this.#shared.limits);
    const key = scopeKey(identity, attributes);
    const isKept = this.#keys.has(key) || this.#names.admit();
    if (isKept) this.#keys.add(key);
    // Upstream keeps one logger per scope, and returns a no-op logger after shutdown. Those beyond the limit share one.
    const standard = isKept ? this.#standardLogger(identity, attributes) : super.getLogger('sonde.overflow');
    if (this.#isShutDown) return standard;
    let logger = isKept ? this.#loggers.get(standard) : undefined;
    if (logger === undefined) {
      const scope = {
        ...identity,
        name: identity.name || 'unknown',
        ...attributes,
      } as InstrumentationScope;
      logger = new LeanLogger({ ...this.#shared, scope }, this.#pipeline, standard);
      if (isKept) this.#loggers.set(standard, logger);
    }
    return logger;
  }

  #standardLogger({ name, version, schemaUrl }: ScopeIdentity, details: ScopeDetails | undefined): Logger {
    const { attributes } = details ?? {};
    return super.getLogger(name ?? '', version, {
      ...(schemaUrl === undefined ? {} : { schemaUrl }),
      ...(attributes === undefined ? {} : { attributes }),
    });
  }

  override shutdown(): Promise<void> {
    this.#isShutDown = true;
    this.#pipeline.acceptsAll = false;
    return super.shutdown();
  }
}
