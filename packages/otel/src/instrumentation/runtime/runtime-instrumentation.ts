import type { Meter, MeterProvider } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { registerRuntimeMetrics } from './runtime-metrics.ts';

/** The metrics to collect. */
export interface RuntimeMetricsSettings {
  /** Metrics of the event loop, garbage collection and the V8 heap. */
  readonly runtime: boolean;
  /** Metrics of the process: processor, memory, file descriptors. */
  readonly process: boolean;
}

/** Measures the Node.js runtime and the process, from the moment in which a meter provider is set. */
export class RuntimeInstrumentation implements Instrumentation {
  readonly instrumentationName = '@sonde/instrumentation-runtime-node';
  readonly instrumentationVersion: string = version;
  readonly #settings: RuntimeMetricsSettings;
  #meter: Meter | undefined;
  #ends: readonly (() => void)[] = [];
  #isEnabled = true;

  constructor(settings: RuntimeMetricsSettings) {
    this.#settings = settings;
  }

  enable(): void {
    this.#isEnabled = true;
    this.#register();
  }

  disable(): void {
    this.#isEnabled = false;
    this.#unregister();
  }

  setTracerProvider(): void {}

  setMeterProvider(provider: MeterProvider): void {
    this.#unregister();
    this.#meter = provider.getMeter(this.instrumentationName, version);
    this.#register();
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }

  #register(): void {
    if (this.#meter === undefined || !this.#isEnabled || this.#ends.length > 0) return;
    const { runtime, process } = this.#settings;
    this.#ends = [
      ...(process ? [registerProcessMetrics(this.#meter)] : []),
      ...(runtime ? [registerRuntimeMetrics(this.#meter)] : []),
    ];
  }

  #unregister(): void {
    for (const end of this.#ends) end();
    this.#ends = [];
  }
}
