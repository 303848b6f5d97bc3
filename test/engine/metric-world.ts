import { mock } from 'node:test';
import { inspect } from 'node:util';
import { context, diag, DiagLogLevel, type MeterProvider as Api } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  MeterProvider,
  type MetricData,
  MetricReader,
  type MetricReaderOptions,
  type ScopeMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { ProxyMeterProvider } from '@sonde/exporters';

import type { Engine } from './world.ts';
import { collectNow, getExemplars, LeanMeterProvider } from '@sonde/sdk';

/** The meter provider and operations of a program. */
export interface MetricSetting {
  /** One reader for each. */
  readonly readers?: readonly MetricReaderOptions[];
  readonly views?: readonly ViewOptions[];
  readonly cardinalityLimit?: number;
  /** Leaves start times out: upstream's readers change those of one another where they share a view. */
  readonly hidesStartTimes?: boolean;
}

/** A reader that does nothing on its own. */
class Reader extends MetricReader {
  readonly #ended: string[];

  constructor(options: MetricReaderOptions, ended: string[]) {
    super(options);
    this.#ended = ended;
  }

  override async onForceFlush(): Promise<void> {
    this.#ended.push('reader flushed');
  }

  override async onShutdown(): Promise<void> {
    this.#ended.push('reader shut down');
  }
}

const quiet = (): void => {};
const begunMs = 1_700_000_000_000;

/** Whether upstream starts points with their first measurement, where the specification demands the last collection. */
function startsDiffer(metric: MetricData): boolean {
  const isObserved = 'type' in metric.descriptor && String(metric.descriptor.type).startsWith('OBSERVABLE');
  return isObserved || metric.aggregationTemporality === AggregationTemporality.DELTA;
}

/** Everything that a reader can see of what it collects; scopes come in the order in which callbacks are done. */
function shown(scopes: readonly ScopeMetrics[], hidesStartTimes: boolean): unknown {
  return scopes
    .map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric) => ({
        ...metric,
        dataPoints: metric.dataPoints.map((point) => ({
          ...point,
          startTime: hidesStartTimes || startsDiffer(metric) ? 'hidden' : point.startTime,
          exemplars: getExemplars(point.attributes, 0),
        })),
      })),
    }))
    .toSorted((a, b) => (JSON.stringify(a.scope) < JSON.stringify(b.scope) ? -1 : 1));
}

/** One engine with its meter provider, and a diary of everything that readers could see. */
export class MetricWorld {
  readonly diary: string[] = [];
  readonly metrics: Api;
  readonly readers: readonly MetricReader[];
  /** How many collections there were. */
  collections = 0;
  readonly #provider: MeterProvider | LeanMeterProvider;
  readonly #hidesStartTimes: boolean;

  constructor(engine: Engine, setting: MetricSetting = {}) {
    const { readers = [{}], views = [], cardinalityLimit = 2000, hidesStartTimes = false } = setting;
    this.#hidesStartTimes = hidesStartTimes;
    const resource = resourceFromAttributes({ 'service.name': 'oracle' });
    const made = readers.map((options) => new Reader(options, this.diary));
    this.readers = made;
    if (engine === 'lean') {
      const provider = new LeanMeterProvider({
        resource,
        readers: made,
        views: [...views],
        cardinalityLimit,
        // As upstream's provider does. The tests of the provider cover the default.
        keepsUnobserved: true,
      });
      this.metrics = provider;
      this.#provider = provider;
    } else {
      const proxy = new ProxyMeterProvider({ cardinalityLimit });
      const provider = new MeterProvider({ resource, readers: made, views: proxy.views(views) });
      proxy.setDelegate(provider);
      this.metrics = proxy;
      this.#provider = provider;
    }
  }

  /** Lets time pass: both engines read a clock that the program sets, so that times are compared too. */
  pass(ms: number): void {
    mock.timers.setTime(Date.now() + ms);
  }

  /** Notes something that a program can see. */
  note(what: string, seen?: unknown): void {
    this.diary.push(
      `${what} ${inspect(seen, { depth: 12, breakLength: 200, maxArrayLength: null, sorted: true })}`,
    );
  }

  /** Does something and notes what it throws, if it does. */
  attempt(what: string, act: () => unknown): void {
    try {
      act();
    } catch (error) {
      this.note(`${what} threw`, (error as Error).message);
    }
  }

  /** Collects with one reader and notes what it gets. */
  async collect(index = 0, timeoutMillis = 1000): Promise<void> {
    this.collections++;
    const result = await this.readers[index]?.collect({ timeoutMillis });
    const { resourceMetrics, errors } = result as CollectionResult;
    this.note(`collected by ${index}`, this.#shown(resourceMetrics.scopeMetrics));
    this.note('with errors', errors.map(String));
  }

  /** Collects as a process does that ends. */
  collectAtOnce(index = 0): void {
    const reader = this.readers[index];
    this.note(`collected by ${index} at once`, this.#shown((reader && collectNow(reader)) ?? []));
  }

  #shown(scopes: readonly ScopeMetrics[]): unknown {
    return shown(scopes, this.#hidesStartTimes);
  }

  forceFlush(): Promise<void> {
    return this.#provider.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#provider.shutdown();
  }
}

/** Runs a program on an engine, and gives the diary: with what OpenTelemetry said of itself. */
export async function observeMetrics(
  engine: Engine,
  program: (start: (setting?: MetricSetting) => MetricWorld) => unknown,
): Promise<string[]> {
  const worlds: MetricWorld[] = [];
  const said =
    (level: string) =>
    (message: string): void => {
      worlds.at(-1)?.diary.push(`${level} ${message}`);
    };
  const logger = { error: said('error'), warn: said('warn'), info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  context.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  mock.timers.enable({ apis: ['Date'], now: begunMs });
  await program((setting) => {
    const world = new MetricWorld(engine, setting);
    worlds.push(world);
    return world;
  });
  mock.timers.reset();
  diag.disable();
  return worlds.flatMap(({ diary }) => diary);
}
