import type { Logger, LoggerOptions } from '@opentelemetry/api';
import { cleanSimpleAttributes, type InstrumentationScope } from '@opentelemetry/core';
import { defaultResource } from '@opentelemetry/resources';
import { LoggerProvider, type LoggerProviderOptions, type LogRecordProcessor } from '@opentelemetry/sdk-logs';

import { sanitizeLogAttributes, resolveLogLimits } from './log-limits.ts';

import { convertAttributes, maxUnconvertedLength } from './convert-attributes.ts';
import type { LoggerSharedState } from './log-record.ts';
import { LeanLogger, type LogPipeline } from './logger.ts';
import { NameLimit } from '../metrics/name-limit.ts';
import type { Guard } from '../loss-counter.ts';
import { type AttributeLimits, AttributeSanitizer } from '../attributes/attribute-sanitizer.ts';

/** What {@link LeanLoggerProvider} takes beside what upstream's takes. */
export interface LeanLoggerProviderOptions extends LoggerProviderOptions {
  /** Converts values that upstream refuses, and keeps errors away from who logs. @default upstream's behavior */
  readonly guard?: Guard;
  /** Called once when as many loggers exist as are kept. */
  readonly onNameLimit?: (limit: number) => void;
}

/** Longer texts are not usual: they are cut, or count toward the budget of their record. */
function usualLimits(limits: AttributeLimits): AttributeLimits {
  const { attributeValueLengthLimit: limit } = limits;
  return { ...limits, attributeValueLengthLimit: limit > 0 ? Math.min(limit, maxUnconvertedLength) : limit };
}

/** Whether a processor receives every record: it has no `enabled`. */
function hasOpenProcessor(processors: readonly LogRecordProcessor[]): boolean {
  return processors.some((processor) => !('enabled' in processor));
}

function createSharedState(options: LeanLoggerProviderOptions): Omit<LoggerSharedState, 'scope'> {
  const { resource = defaultResource(), guard } = options;
  const limits = resolveLogLimits(options.logRecordLimits);
  const startAttributes =
    guard === undefined
      ? new AttributeSanitizer(limits, (given) => sanitizeLogAttributes(given, limits))
      : new AttributeSanitizer(usualLimits(limits), (given) => convertAttributes(given, limits));
  return { resource, limits, startAttributes, guard };
}

/**
 * A provider of loggers that takes what upstream's takes, and hands the same records to the same processors for less.
 * What is enabled, flush and shutdown are upstream's own.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/sdk/#loggerprovider
 */
export class LeanLoggerProvider extends LoggerProvider {
  readonly #keys = new Set<string>();
  readonly #names: NameLimit;
  /** By upstream's logger of the same scope, which upstream keeps. */
  readonly #loggers = new Map<Logger, LeanLogger>();
  /** Upstream holds the same array. */
  readonly #processors: LogRecordProcessor[];
  #origin: Omit<LoggerSharedState, 'scope'>;
  readonly #pipeline: LogPipeline;
  #isShutDown = false;

  constructor(options: LeanLoggerProviderOptions = {}) {
    const { resource = defaultResource(), processors = [] } = options;
    super({ ...options, resource, processors });
    this.#names = new NameLimit(options.onNameLimit ?? (() => {}));
    this.#processors = processors;
    this.#origin = createSharedState({ ...options, resource });
    this.#pipeline = {
      processors,
      acceptsAll: hasOpenProcessor(processors) && options.loggerConfigurator === undefined,
    };
  }

  /** Connects all loggers to other processors, after those before were shut down. */
  restart(options: Omit<LeanLoggerProviderOptions, 'loggerConfigurator'>): void {
    const { processors = [] } = options;
    this.#processors.splice(0, this.#processors.length, ...processors);
    this.#pipeline.acceptsAll = hasOpenProcessor(processors);
    this.#origin = createSharedState(options);
    for (const logger of this.#loggers.values()) logger.rebind(this.#origin);
  }

  override getLogger(name: string, version?: string, options?: LoggerOptions): Logger {
    const key = `${name}@${version ?? ''}:${options?.schemaUrl ?? ''}`;
    const isKept = this.#keys.has(key) || this.#names.admit();
    if (isKept) this.#keys.add(key);
    // One for each scope, which upstream keeps; after shutdown one that does nothing. Those beyond the limit share one.
    const standard = isKept ? super.getLogger(name, version, options) : super.getLogger('sonde.overflow');
    if (this.#isShutDown) return standard;
    let logger = isKept ? this.#loggers.get(standard) : undefined;
    if (logger === undefined) {
      const scope = {
        name: name || 'unknown',
        version,
        schemaUrl: options?.schemaUrl,
        ...cleanSimpleAttributes(options?.attributes, this.#origin.limits),
      } as InstrumentationScope;
      logger = new LeanLogger({ ...this.#origin, scope }, this.#pipeline, standard);
      if (isKept) this.#loggers.set(standard, logger);
    }
    return logger;
  }

  override shutdown(): Promise<void> {
    this.#isShutDown = true;
    this.#pipeline.acceptsAll = false;
    return super.shutdown();
  }
}
