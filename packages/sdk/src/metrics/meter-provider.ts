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
import { createExemplarSource, type ExemplarFilter } from '../exemplars/measurement.ts';
import { NoticeBoard, type NoticeListener } from '../notice.ts';
import { RejectedMeasurements } from './rejected-measurements.ts';
import { NameLimit } from './name-limit.ts';
import { readScope } from '../identity.ts';

/** Options of {@link LeanMeterProvider}, in addition to those of upstream's provider. */
export interface LeanMeterProviderOptions extends Omit<MeterProviderOptions, 'sdkMetricsEnabled'> {
  /**
   * The maximum number of series per metric, including the overflow series.
   * @default 2000
   */
  cardinalityLimit?: number;
  /**
   * Milliseconds after which an unused series is dropped. Longer than the interval of the slowest reader.
   * @default never
   */
  expireAfterMs?: number | undefined;
  /**
   * Whether readers of cumulative points still receive series that callbacks no longer observe, as from upstream's provider.
   * @default false, as the specification requires
   */
  keepsUnobserved?: boolean;
  /**
   * Which measurements become exemplars.
   * @default 'trace_based'
   */
  exemplarFilter?: ExemplarFilter | undefined;
  /**
   * Called once for each new attribute set; returns the attributes to export. Equal results share one series.
   * @default the attributes are used unchanged
   */
  cleanAttributes?: ((attributes: Attributes) => Attributes) | undefined;
  /** Receives notices for the operator. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

interface Deadline {
  readonly timeoutMillis?: number;
}

/**
 * A meter provider with the interface of upstream's provider, readers and views included, and with lower overhead: a
 * measurement finds its series without serializing its attributes, and is aggregated in place.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/
 */
export class LeanMeterProvider implements MeterProvider {
  readonly #shared: MeterSharedState;
  readonly #meters = new Map<string, LeanMeter>();
  readonly #names: NameLimit;
  #overflow: LeanMeter | undefined;
  #collections = 0;
  #isShutDown = false;

  /** @throws {Error} for an invalid view, or a reader of another provider, as upstream's provider does */
  constructor(options: LeanMeterProviderOptions = {}) {
    const {
      readers = [],
      views = [],
      cardinalityLimit = 2000,
      expireAfterMs,
      onNotice,
      cleanAttributes,
      keepsUnobserved = false,
      exemplarFilter = 'trace_based',
    } = options;
    const rejections = new RejectedMeasurements(new NoticeBoard(onNotice));
    this.#shared = {
      readers,
      views: views.map((view) => new View(view)),
      cardinalityLimit,
      rejections,
      expireAfterMs,
      keepsUnobserved,
      cleanAttributes,
      exemplarSource: createExemplarSource(exemplarFilter),
      onOverflow: (metric, limit) => rejections.reportOverflow(metric, limit),
      names: new NameLimit((limit) => rejections.reportNames('instruments', limit)),
    };
    this.#names = new NameLimit((limit) => rejections.reportNames('meters', limit));
    this.#connect(readers, options.resource ?? defaultResource());
    rejections.bind(this);
  }

  /**
   * Connects all meters to new readers after the previous ones were shut down. Every metric restarts; instruments and
   * callbacks stay in use.
   *
   * @throws {Error} as the constructor does
   */
  restart(options: LeanMeterProviderOptions): void {
    const {
      readers = [],
      views = [],
      expireAfterMs,
      cleanAttributes,
      exemplarFilter = 'trace_based',
    } = options;
    const { rejections } = this.#shared;
    Object.assign(this.#shared, {
      readers,
      views: views.map((view) => new View(view)),
      expireAfterMs,
      cleanAttributes,
      exemplarSource: createExemplarSource(exemplarFilter),
      names: new NameLimit((limit) => rejections.reportNames('instruments', limit)),
    } satisfies Partial<MeterSharedState>);
    this.#isShutDown = false;
    this.#connect(readers, options.resource ?? defaultResource());
    for (const meter of this.#meters.values()) meter.restart();
  }

  #connect(readers: readonly IMetricReader[], resource: Resource): void {
    const state = { resource, meters: this.#meters, nextCollection: () => ++this.#collections };
    readers.forEach((reader, index) => reader.setMetricProducer(new MetricCollector(state, reader, index)));
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    if (this.#isShutDown) {
      diag.warn('A shutdown MeterProvider cannot provide a Meter');
      return createNoopMeter();
    }
    const isNamed = typeof name === 'string' && name.length > 0;
    if (!isNamed) diag.warn('Invalid MeterProvider instrumentation scope name, using empty string');
    const identity = readScope(isNamed ? name : '', version ?? '', options);
    const scope = identity as InstrumentationScope;
    const key = `${identity.name}:${identity.version}:${identity.schemaUrl ?? ''}`;
    let meter = this.#meters.get(key);
    if (meter === undefined) {
      if (!this.#names.admit()) return this.#overflowMeter();
      meter = new LeanMeter(scope, this.#shared);
      this.#meters.set(key, meter);
    }
    return meter;
  }

  /** Returns the meter that all scopes beyond the limit share. */
  #overflowMeter(): LeanMeter {
    if (this.#overflow === undefined) {
      const name = 'sonde.overflow';
      this.#overflow = new LeanMeter({ name, version: '' }, this.#shared);
      this.#meters.set(name, this.#overflow);
    }
    return this.#overflow;
  }

  /** Flushes every reader. */
  async forceFlush(options?: Deadline): Promise<void> {
    if (this.#isShutDown) {
      diag.warn('invalid attempt to force flush after MeterProvider shutdown');
      return;
    }
    await Promise.all(this.#shared.readers.map((reader) => reader.forceFlush(options)));
  }

  /** Shuts down every reader. */
  async shutdown(options?: Deadline): Promise<void> {
    if (this.#isShutDown) {
      diag.warn('shutdown may only be called once per MeterProvider');
      return;
    }
    this.#isShutDown = true;
    await Promise.all(this.#shared.readers.map((reader) => reader.shutdown(options)));
  }
}
