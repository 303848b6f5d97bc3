import {
  type Meter,
  type MeterProvider,
  metrics,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';
import {
  ChannelSubscriber,
  type ChannelMessage,
  type ChannelSpans,
  type OperationMetrics,
} from './channel-subscriber.ts';

/** A library that publishes its operations on tracing channels. */
export interface ChannelLibrary {
  /** The short name of the instrumentation: `ioredis`. */
  readonly name: string;
  /** The npm package that publishes on the channels. */
  readonly packageName: string;
  /** The first version with the channels. */
  readonly since: string;
  readonly channels: readonly ChannelSpans<never>[];
  /** Creates the metrics of operations, if there are any. */
  readonly createMetrics?: (meter: Meter) => OperationMetrics;
}

/** Creates spans from the tracing channels of one library, which it neither loads nor patches. */
export class ChannelInstrumentation implements Instrumentation {
  readonly instrumentationName: string;
  readonly instrumentationVersion: string = version;
  readonly #subscribers: readonly ChannelSubscriber<ChannelMessage>[];
  readonly #library: ChannelLibrary;
  #tracer: Tracer;
  #metrics: OperationMetrics | undefined;
  #subscriptions: readonly (() => void)[] = [];

  constructor(library: ChannelLibrary) {
    const { channels, createMetrics, name } = library;
    this.#library = library;
    this.instrumentationName = `@sonde/instrumentation-${name}`;
    this.#tracer = trace.getTracer(this.instrumentationName, version);
    this.setMeterProvider(metrics.getMeterProvider());
    const operationMetrics: OperationMetrics = {
      record: (...measurement) => this.#metrics?.record(...measurement),
    };
    this.#subscribers = channels.map(
      (spans) =>
        new ChannelSubscriber(
          spans as ChannelSpans<ChannelMessage>,
          () => this.#tracer,
          createMetrics === undefined ? undefined : operationMetrics,
        ),
    );
  }

  /** Whether this version of a package publishes on the channels; another instrumentation would then create duplicate spans. */
  covers(packageName: string, packageVersion: string | undefined): boolean {
    const { packageName: own, since } = this.#library;
    return packageName === own && packageVersion !== undefined && isAtLeast(packageVersion, since);
  }

  enable(): void {
    if (this.#subscriptions.length > 0) return;
    this.#subscriptions = this.#subscribers.map((subscriber) => subscriber.subscribe());
  }

  disable(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(this.instrumentationName, version);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#metrics = this.#library.createMetrics?.(provider.getMeter(this.instrumentationName, version));
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#subscriptions.length > 0 };
  }
}

/** Compares the numeric parts of two versions; a pre-release is equal to its release. */
function isAtLeast(packageVersion: string, minimum: string): boolean {
  const parts = packageVersion.split('.', 3).map((part) => Number.parseInt(part, 10));
  for (const [index, least] of minimum.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
