import {
  type Histogram,
  type MeterProvider,
  metrics,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../version.ts';
import { createDurationHistogram } from './duration-histogram.ts';

/** An instrumentation of clients: it has a tracer, and measures one duration. */
export abstract class ClientInstrumentation implements Instrumentation {
  readonly instrumentationName: string;
  readonly instrumentationVersion: string = version;
  protected tracer: Tracer;
  protected duration: Histogram;
  protected isEnabled = false;
  readonly #metric: readonly [name: string, description: string];

  /** @param name the scope; @param metric the name and the description of the histogram */
  protected constructor(name: string, metric: readonly [name: string, description: string]) {
    this.instrumentationName = name;
    this.#metric = metric;
    this.tracer = trace.getTracer(name, version);
    this.duration = this.#createDuration(metrics.getMeterProvider());
  }

  abstract enable(): void;
  abstract disable(): void;

  setTracerProvider(provider: TracerProvider): void {
    this.tracer = provider.getTracer(this.instrumentationName, version);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.duration = this.#createDuration(provider);
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.isEnabled };
  }

  #createDuration(provider: MeterProvider): Histogram {
    return createDurationHistogram(provider.getMeter(this.instrumentationName, version), ...this.#metric);
  }
}
