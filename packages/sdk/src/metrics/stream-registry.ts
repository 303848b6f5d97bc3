import type { InstrumentationScope } from '@opentelemetry/core';
import type { AggregationOption, IMetricReader, InstrumentType } from '@opentelemetry/sdk-metrics';

import { isObservable, resolveAggregation } from './aggregation.ts';
import { type Descriptor, isCompatible, warnConflict } from './descriptor.ts';
import { AggregationTemporality, AggregationType } from '../enumerations.ts';
import { MetricStorage } from './metric-storage.ts';
import { Stream } from './stream.ts';
import type { View } from './view.ts';
import type { AttributesCleaner } from './series-table.ts';
import { maxNames, type NameLimit } from './name-limit.ts';

/** State that the stream registries of all meters share. */
export interface StreamSharedState {
  readers: readonly IMetricReader[];
  views: readonly View[];
  /** The maximum number of series per metric, including the overflow series. */
  readonly cardinalityLimit: number;
  readonly onOverflow: (metric: string, limit: number) => void;
  /** Limits the number of metrics of all meters. */
  names: NameLimit;
  /** Whether readers of cumulative points still receive series that callbacks no longer observe. */
  readonly keepsUnobserved: boolean;
  /** Called once for each new attribute set. */
  cleanAttributes: AttributesCleaner | undefined;
}

/** The streams of an instrument. A restart replaces the contents of both arrays. */
export interface InstrumentStreams {
  readonly all: Stream[];
  /** The streams that a reader collects. */
  readonly collected: Stream[];
}

/** Streams by name. Those with the same name differ in type, unit or value type. */
type StreamsByName = Map<string, Stream[]>;

/** A storage and the settings that it was created with. */
interface SharedStorage {
  readonly option: AggregationOption;
  readonly cardinalityLimit: number;
  readonly storage: MetricStorage;
}

/** The metric streams of one meter. */
export class StreamRegistry {
  readonly #shared: StreamSharedState;
  readonly #scope: InstrumentationScope;
  readonly #viewed: StreamsByName = new Map();
  readonly #plain: StreamsByName = new Map();
  /** The streams of each instrument, so that a restart reaches existing instruments. */
  readonly #instruments = new Map<string, InstrumentStreams & { readonly descriptor: Descriptor }>();

  constructor(shared: StreamSharedState, scope: InstrumentationScope) {
    this.#shared = shared;
    this.#scope = scope;
  }

  /** All streams: those of views, then the others, grouped by name. */
  get streams(): readonly Stream[] {
    return [...this.#viewed.values(), ...this.#plain.values()].flat();
  }

  /** Returns the streams of an instrument, and creates missing ones; empty beyond the limit of names. */
  getStreams(instrument: Descriptor): InstrumentStreams {
    const all = this.#findStreams(instrument);
    const { name, type, unit, valueType } = instrument;
    const key = [type, name, unit, valueType].join('\0');
    const known = this.#instruments.get(key);
    if (known !== undefined) return known;
    const streams = { descriptor: instrument, all, collected: all.filter(isCollected) };
    if (all.length > 0 && this.#instruments.size < maxNames) this.#instruments.set(key, streams);
    return streams;
  }

  /** Recreates the streams of all instruments with the current shared state. */
  restart(): void {
    this.#viewed.clear();
    this.#plain.clear();
    for (const { descriptor, all, collected } of this.#instruments.values()) {
      all.splice(0, all.length, ...this.#findStreams(descriptor));
      collected.splice(0, collected.length, ...all.filter(isCollected));
    }
  }

  #findStreams(instrument: Descriptor): Stream[] {
    const views = this.#shared.views.filter((view) => view.matches(instrument, this.#scope));
    return views.length === 0
      ? [...(this.#stream(this.#plain, instrument) ?? [])]
      : views.flatMap((view) => this.#stream(this.#viewed, view.apply(instrument), view) ?? []);
  }

  #stream(streams: StreamsByName, descriptor: Descriptor, view?: View): readonly Stream[] | undefined {
    const sameName = streams.get(descriptor.name) ?? [];
    let found: Stream | undefined;
    for (const stream of sameName) {
      const matches = isCompatible(stream.descriptor, descriptor);
      if (!matches || stream.descriptor.description !== descriptor.description) {
        warnConflict(stream.descriptor, descriptor);
      }
      if (matches) found = stream;
    }
    if (found === undefined) {
      if (!this.#shared.names.admit()) return undefined;
      found = this.#newStream(descriptor, view);
      streams.set(descriptor.name, [...sameName, found]);
    } else if (descriptor.description.length > found.descriptor.description.length) {
      found.descriptor = { ...found.descriptor, description: descriptor.description };
    }
    return [found];
  }

  #newStream(descriptor: Descriptor, view: View | undefined): Stream {
    const { name } = descriptor;
    const { cleanAttributes, onOverflow } = this.#shared;
    const cardinalityLimit = view?.cardinalityLimit ?? this.#shared.cardinalityLimit;
    return new Stream({
      descriptor,
      filter: view?.filter,
      storages: this.#storages(descriptor, view),
      cardinalityLimit,
      onOverflow: () => onOverflow(name, cardinalityLimit),
      cleanAttributes,
    });
  }

  /** Readers of the same cumulative points share a storage: a cumulative collection does not change it. */
  #storages(descriptor: Descriptor, view: View | undefined): (MetricStorage | undefined)[] {
    const storages: SharedStorage[] = [];
    const { type } = descriptor;
    const viewed = view?.aggregation ?? { type: AggregationType.DEFAULT };
    return this.#shared.readers.map((reader) => {
      const temporality = reader.selectAggregationTemporality(type);
      const isDelta = temporality === AggregationTemporality.DELTA;
      const option = view === undefined ? reader.selectAggregation(type) : viewed;
      const cardinalityLimit = view === undefined ? cardinalityLimitFor(reader, type) : Infinity;
      const existing = storages.find(
        (entry) => isSameOption(entry.option, option) && entry.cardinalityLimit === cardinalityLimit,
      );
      if (existing !== undefined && !isDelta) return existing.storage;
      const aggregation = resolveAggregation(option, descriptor, temporality);
      if (aggregation === undefined) return undefined;
      const dropsUnobserved = isObservable(type) && !isDelta && !this.#shared.keepsUnobserved;
      const storage = new MetricStorage({
        aggregation,
        isDelta,
        isObserved: isObservable(type),
        dropsUnobserved,
        cardinalityLimit,
      });
      if (!isDelta) storages.push({ option, cardinalityLimit, storage });
      return storage;
    });
  }
}

const isCollected = (stream: Stream): boolean => !stream.isDropped;

function cardinalityLimitFor(reader: IMetricReader, type: InstrumentType): number {
  // Readers of other versions of the SDK have no such method.
  return reader.selectCardinalityLimit?.(type) ?? Infinity;
}

function isSameOption(a: AggregationOption, b: AggregationOption): boolean {
  const [optionsA, optionsB] = [a, b].map((option) => ('options' in option ? option.options : undefined));
  return a.type === b.type && optionsA === optionsB;
}
