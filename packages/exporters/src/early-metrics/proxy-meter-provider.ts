import type { Attributes, Meter, MeterOptions, MeterProvider } from '@opentelemetry/api';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';

import { EarlyMeasurements } from './early-measurements.ts';

import { ProxyMeter } from './proxy-meter.ts';
import {
  checkOptions,
  countRule,
  functionRule,
  type ExemplarFilter,
  NameLimit,
  NoticeBoard,
  type NoticeListener,
  readScope,
  type Rules,
} from '@sonde/sdk';

/** Options of {@link ProxyMeterProvider}. */
export interface ProxyMeterProviderOptions {
  /**
   * Maximum number of series per instrument in the lifetime of the process, including the overflow series. A cardinality limit of a
   * reader must be at least as high.
   * @default 2000
   */
  cardinalityLimit?: number;
  /** Receives notices for the operator. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** The meter name for scopes beyond the limit. */
const overflowScope = 'sonde.overflow';
const rules: Rules<ProxyMeterProviderOptions> = { cardinalityLimit: countRule, onNotice: functionRule };

/**
 * A MeterProvider in front of the SDK's that adds what the SDK lacks: instruments record before an SDK is registered (up to 10,000
 * measurements); measurements inside sampled spans produce exemplars; values that are not finite are rejected and counted; attributes
 * are copied; and attribute sets beyond the limit go to the overflow series for the lifetime of the process.
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
  readonly #meters = new Map<string, { meter: ProxyMeter; create: (provider: MeterProvider) => Meter }>();
  readonly #names: NameLimit;
  #delegate: MeterProvider | undefined;

  /** @throws {SondeConfigError} if an option is unknown or invalid */
  constructor(options: ProxyMeterProviderOptions = {}) {
    checkOptions('ProxyMeterProvider', options, rules);
    this.#measurements = new EarlyMeasurements(
      options.cardinalityLimit ?? 2000,
      new NoticeBoard(options.onNotice),
    );
    this.#names = new NameLimit((limit) => this.#measurements.rejected.reportNames('meters', limit));
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    const identity = readScope(name, version, options);
    const scope =
      name === overflowScope ? name : [identity.name, identity.version, identity.schemaUrl].join('\0');
    const known = this.#meters.get(scope);
    if (known !== undefined) return known.meter;
    if (scope !== overflowScope && !this.#names.admit()) return this.getMeter(overflowScope);
    const meter = new ProxyMeter(this.#measurements, scope);
    const { schemaUrl } = identity;
    const create = (provider: MeterProvider): Meter =>
      provider.getMeter(
        identity.name ?? '',
        identity.version,
        schemaUrl === undefined ? undefined : { schemaUrl },
      );
    this.#meters.set(scope, { meter, create });
    if (this.#delegate !== undefined) meter.bind(create(this.#delegate));
    return meter;
  }

  /** Prepares views for the SDK's provider: exemplars and the cardinality limit then follow their attribute filters. */
  views(views: readonly ViewOptions[]): ViewOptions[] {
    return this.#measurements.addTaps(views);
  }

  /** Sets which measurements become exemplars. @default 'trace_based' */
  setExemplarFilter(filter: ExemplarFilter): void {
    this.#measurements.setExemplarFilter(filter);
  }

  /**
   * Forwards all measurements to this provider. Further calls are ignored, because instruments cannot move.
   *
   * @param cleanAttributes called once for each new attribute set; returns the attributes that the provider receives
   */
  setDelegate(provider: MeterProvider, cleanAttributes?: (attributes: Attributes) => Attributes): void {
    if (this.#delegate !== undefined) return;
    this.#delegate = provider;
    if (cleanAttributes !== undefined) this.#measurements.setCleaner(cleanAttributes);
    for (const { meter, create } of this.#meters.values()) meter.bind(create(provider));
    this.#measurements.bind(provider);
  }

  /** The SDK's provider; undefined until an SDK is registered. */
  getDelegate(): MeterProvider | undefined {
    return this.#delegate;
  }
}
