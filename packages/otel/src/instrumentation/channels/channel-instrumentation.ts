import { type MeterProvider, metrics, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';
import {
  ChannelReader,
  type ChannelMessage,
  type ChannelSpans,
  type OperationMeter,
} from './channel-reader.ts';
import { createDatabaseMeter } from './database-meter.ts';

/** A library that reports its operations on tracing channels. */
export interface ChannelLibrary {
  /** The short name of the instrumentation: `ioredis`. */
  readonly name: string;
  /** The package that has the channels. */
  readonly packageName: string;
  /** The first version with the channels. */
  readonly since: string;
  readonly channels: readonly ChannelSpans<never>[];
  /** Whether the operations are those of a database, which are measured. */
  readonly isDatabase: boolean;
}

/** Reads the tracing channels of one library. It loads and patches nothing. */
export class ChannelInstrumentation implements Instrumentation {
  readonly instrumentationName: string;
  readonly instrumentationVersion: string = version;
  readonly #readers: readonly ChannelReader<ChannelMessage>[];
  readonly #library: ChannelLibrary;
  readonly #isDatabase: boolean;
  #tracer: Tracer;
  #meter: OperationMeter | undefined;
  #subscriptions: readonly (() => void)[] = [];

  constructor(library: ChannelLibrary) {
    const { channels, isDatabase, name } = library;
    this.#library = library;
    this.instrumentationName = `@sonde/instrumentation-${name}`;
    this.#isDatabase = isDatabase;
    this.#tracer = trace.getTracer(this.instrumentationName, version);
    this.setMeterProvider(metrics.getMeterProvider());
    const meter: OperationMeter = {
      record: (...measurement) => this.#meter?.record(...measurement),
    };
    this.#readers = channels.map(
      (spans) =>
        new ChannelReader(
          spans as ChannelSpans<ChannelMessage>,
          () => this.#tracer,
          isDatabase ? meter : undefined,
        ),
    );
  }

  /** Whether a version of a package has the channels, so that no other instrumentation may patch it. */
  covers(packageName: string, packageVersion: string | undefined): boolean {
    const { packageName: own, since } = this.#library;
    return packageName === own && packageVersion !== undefined && isAtLeast(packageVersion, since);
  }

  enable(): void {
    if (this.#subscriptions.length > 0) return;
    this.#subscriptions = this.#readers.map((reader) => reader.subscribe());
  }

  disable(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(this.instrumentationName, version);
  }

  setMeterProvider(provider: MeterProvider): void {
    if (!this.#isDatabase) return;
    this.#meter = createDatabaseMeter(provider.getMeter(this.instrumentationName, version));
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#subscriptions.length > 0 };
  }
}

/** Compares numeric parts; a pre-release counts as its release. */
function isAtLeast(packageVersion: string, minimum: string): boolean {
  const parts = packageVersion.split('.', 3).map((part) => Number.parseInt(part, 10));
  for (const [index, least] of minimum.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
