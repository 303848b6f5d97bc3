import type { Attributes, Meter, MeterOptions, MeterProvider } from '@opentelemetry/api';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';

import { EarlyMeasurements } from './early-measurements.ts';

import { ProxyMeter } from './proxy-meter.ts';
import {
  checkOptions,
  countRule,
  functionRule,
  NameLimit,
  NoticeBoard,
  type NoticeListener,
  type Rules,
} from '@sonde/sdk';

/** Options of the proxy. */
export interface ProxyMeterProviderOptions {
  /**
   * The most series that one instrument may have in the life of the process, the overflow series included. A reader that has a limit of its
   * own needs one at least as high.
   * @default 2000
   */
  cardinalityLimit?: number;
  /** Receives what the operator should know once. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** The meter of every scope beyond the limit. */
const overflowScope = 'sonde.overflow';
const rules: Rules<ProxyMeterProviderOptions> = { cardinalityLimit: countRule, onNotice: functionRule };

/**
 * Stands before the SDK's MeterProvider and gives it what it lacks: instruments that were made before the SDK was started work, with all they
 * measured until then (10,000 measurements at most); a measurement inside a sampled span leaves an exemplar for the Prometheus page; values
 * that are not finite are refused and counted; attributes are copied; and new attribute sets beyond the limit go to the overflow series for
 * the life of the process.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/
 *
 * @example
 * ```ts
 * const proxy = new ProxyMeterProvider();
 * metrics.setGlobalMeterProvider(proxy);
 * const exporter = new PrometheusExporter();
 * proxy.setDelegate(new MeterProvider({ readers: [exporter], views: proxy.views([{ instrumentName: '*' }]) }));
 * ```
 */
export class ProxyMeterProvider implements MeterProvider {
  readonly #measurements: EarlyMeasurements;
  readonly #meters = new Map<string, { meter: ProxyMeter; make: (provider: MeterProvider) => Meter }>();
  readonly #names: NameLimit;
  #delegate: MeterProvider | undefined;

  /** Throws a `SondeConfigError` when an option is unknown or wrong. */
  constructor(options: ProxyMeterProviderOptions = {}) {
    checkOptions('ProxyMeterProvider', options, rules);
    this.#measurements = new EarlyMeasurements(
      options.cardinalityLimit ?? 2000,
      new NoticeBoard(options.onNotice),
    );
    this.#names = new NameLimit((limit) => this.#measurements.rejected.reportNames('meters', limit));
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    const scope = name === overflowScope ? name : [name, version, options?.schemaUrl].join('\0');
    const known = this.#meters.get(scope);
    if (known !== undefined) return known.meter;
    if (scope !== overflowScope && !this.#names.admit()) return this.getMeter(overflowScope);
    const meter = new ProxyMeter(this.#measurements, scope);
    const make = (provider: MeterProvider): Meter => provider.getMeter(name, version, options);
    this.#meters.set(scope, { meter, make });
    if (this.#delegate !== undefined) meter.bind(make(this.#delegate));
    return meter;
  }

  /** The views to give to the SDK's provider: exemplars and the cardinality limit then follow their attribute filters. */
  views(views: readonly ViewOptions[]): ViewOptions[] {
    return this.#measurements.addTaps(views);
  }

  /**
   * Everything goes to this provider from now on. A second call is ignored: instruments cannot move.
   * `cleanAttributes` is called once for each attribute set that was not seen before, and gives what the provider gets.
   */
  setDelegate(provider: MeterProvider, cleanAttributes?: (attributes: Attributes) => Attributes): void {
    if (this.#delegate !== undefined) return;
    this.#delegate = provider;
    if (cleanAttributes !== undefined) this.#measurements.setCleaner(cleanAttributes);
    for (const { meter, make } of this.#meters.values()) meter.bind(make(provider));
    this.#measurements.bind(provider);
  }

  /** The SDK's provider, once there is one. */
  getDelegate(): MeterProvider | undefined {
    return this.#delegate;
  }
}
