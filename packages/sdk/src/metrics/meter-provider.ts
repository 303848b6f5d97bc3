import {
  type Attributes,
  createNoopMeter,
  diag,
  type Meter,
  type MeterOptions,
  type MeterProvider,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { defaultResource, type Resource } from '@opentelemetry/resources';
import type { IMetricReader, MeterProviderOptions } from '@opentelemetry/sdk-metrics';

import { MetricCollector } from './metric-collector.ts';
import { LeanMeter, type MeterSharedState } from './meter.ts';
import { View } from './view.ts';
import { NoticeBoard, type NoticeListener } from '../notice.ts';
import { RejectedMeasurements } from './rejected-measurements.ts';
import { NameLimit } from './name-limit.ts';

/** What {@link LeanMeterProvider} takes beside what upstream's takes. */
export interface LeanMeterProviderOptions extends Omit<MeterProviderOptions, 'sdkMetricsEnabled'> {
  /**
   * The most series that one metric may have, the overflow series included.
   * @default 2000
   */
  cardinalityLimit?: number;
  /**
   * Milliseconds after which a series is forgotten in which nothing was measured. It should be longer than the time
   * between two collections of the slowest reader.
   * @default never
   */
  expireAfterMs?: number | undefined;
  /**
   * Called once for each attribute set that was not seen before, and gives what readers get; two sets that it makes
   * one are one series. @default attributes are taken as they are
   */
  cleanAttributes?: ((attributes: Attributes) => Attributes) | undefined;
  /** Receives what the operator should know once. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

interface Deadline {
  readonly timeoutMillis?: number;
}

/**
 * A provider of meters that takes what upstream's takes, readers and views included, and gives them the same points
 * for less: a measurement finds its series without a text being made of its attributes, and is added in place.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/
 */
export class LeanMeterProvider implements MeterProvider {
  readonly #rules: MeterSharedState;
  readonly #meters = new Map<string, LeanMeter>();
  readonly #names: NameLimit;
  #overflow: LeanMeter | undefined;
  #isShutDown = false;

  /** Throws what upstream's provider throws for a view that cannot be, and for a reader that has a provider. */
  constructor(options: LeanMeterProviderOptions = {}) {
    const {
      readers = [],
      views = [],
      cardinalityLimit = 2000,
      expireAfterMs,
      onNotice,
      cleanAttributes,
    } = options;
    const refusals = new RejectedMeasurements(new NoticeBoard(onNotice));
    this.#rules = {
      readers,
      views: views.map((view) => new View(view)),
      cardinalityLimit,
      refusals,
      expireAfterMs,
      cleanAttributes,
      onOverflow: (metric, limit) => refusals.reportOverflow(metric, limit),
      names: new NameLimit((limit) => refusals.reportNames('instruments', limit)),
    };
    this.#names = new NameLimit((limit) => refusals.reportNames('meters', limit));
    this.#connect(readers, options.resource ?? defaultResource());
    refusals.bind(this);
  }

  /**
   * Connects all meters to other readers, after those before were shut down. Every metric begins anew; instruments
   * and callbacks stay in use. Throws as the constructor does.
   */
  restart(options: LeanMeterProviderOptions): void {
    const { readers = [], views = [], expireAfterMs, cleanAttributes } = options;
    const { refusals } = this.#rules;
    Object.assign(this.#rules, {
      readers,
      views: views.map((view) => new View(view)),
      expireAfterMs,
      cleanAttributes,
      names: new NameLimit((limit) => refusals.reportNames('instruments', limit)),
    } satisfies Partial<MeterSharedState>);
    this.#isShutDown = false;
    this.#connect(readers, options.resource ?? defaultResource());
    for (const meter of this.#meters.values()) meter.restart();
  }

  #connect(readers: readonly IMetricReader[], resource: Resource): void {
    readers.forEach((reader, index) =>
      reader.setMetricProducer(new MetricCollector({ resource, meters: this.#meters }, index)),
    );
  }

  getMeter(name: string, version = '', options: MeterOptions = {}): Meter {
    if (this.#isShutDown) {
      diag.warn('A shutdown MeterProvider cannot provide a Meter');
      return createNoopMeter();
    }
    const isNamed = typeof name === 'string' && name.length > 0;
    if (!isNamed) diag.warn('Invalid MeterProvider instrumentation scope name, using empty string');
    const { schemaUrl } = options;
    const scope = { name: isNamed ? name : '', version, schemaUrl } as InstrumentationScope;
    const key = `${scope.name}:${version}:${schemaUrl ?? ''}`;
    let meter = this.#meters.get(key);
    if (meter === undefined) {
      if (!this.#names.admit()) return this.#overflowMeter();
      meter = new LeanMeter(scope, this.#rules);
      this.#meters.set(key, meter);
    }
    return meter;
  }

  /** The meter of every scope beyond the limit. */
  #overflowMeter(): LeanMeter {
    if (this.#overflow === undefined) {
      const name = 'sonde.overflow';
      this.#overflow = new LeanMeter({ name, version: '' }, this.#rules);
      this.#meters.set(name, this.#overflow);
    }
    return this.#overflow;
  }

  /** Exports what was measured through every reader. */
  async forceFlush(options?: Deadline): Promise<void> {
    if (this.#isShutDown) {
      diag.warn('invalid attempt to force flush after MeterProvider shutdown');
      return;
    }
    await Promise.all(this.#rules.readers.map((reader) => reader.forceFlush(options)));
  }

  /** Ends every reader. */
  async shutdown(options?: Deadline): Promise<void> {
    if (this.#isShutDown) {
      diag.warn('shutdown may only be called once per MeterProvider');
      return;
    }
    this.#isShutDown = true;
    await Promise.all(this.#rules.readers.map((reader) => reader.shutdown(options)));
  }
}
