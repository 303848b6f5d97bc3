import type { InstrumentationScope } from '@opentelemetry/core';
import type { AggregationOption, IMetricReader, InstrumentType } from '@opentelemetry/sdk-metrics';

import { resolveAggregation } from './aggregation.ts';
import { warnConflict } from './registration-conflicts.ts';
import { type Descriptor, isCompatible } from './descriptor.ts';
import { AggregationTemporality, AggregationType } from './enumerations.ts';
import { MetricStorage } from './metric-storage.ts';
import { Stream } from './stream.ts';
import type { View } from './view.ts';
import type { AttributesCleaner } from './series-table.ts';
import { maxNames, type NameLimit } from './name-limit.ts';

/** What the metrics of all meters are made by. */
export interface StreamSharedState {
  readers: readonly IMetricReader[];
  views: readonly View[];
  /** The most series of one metric, the one for the overflow included. */
  readonly cardinalityLimit: number;
  readonly onOverflow: (metric: string, limit: number) => void;
  /** How many metrics all meters together may have. */
  names: NameLimit;
  /** Called once for each attribute set that was not seen before. */
  cleanAttributes: AttributesCleaner | undefined;
}

/** The streams that an instrument measures into. A restart replaces the contents of both arrays. */
export interface InstrumentStreams {
  readonly all: Stream[];
  /** Those that a reader collects. */
  readonly collected: Stream[];
}

/** The streams of one name, which differ in something else. */
type StreamsByName = Map<string, Stream[]>;

/** A place to collect, and what it was made by. */
interface SharedStorage {
  readonly option: AggregationOption;
  readonly cardinalityLimit: number;
  readonly storage: MetricStorage;
}

/** The metrics of one meter. */
export class StreamRegistry {
  readonly #rules: StreamSharedState;
  readonly #scope: InstrumentationScope;
  readonly #viewed: StreamsByName = new Map();
  readonly #plain: StreamsByName = new Map();
  /** Those of each instrument, so that a restart reaches the instruments that exist. */
  readonly #instruments = new Map<string, InstrumentStreams & { readonly descriptor: Descriptor }>();

  constructor(rules: StreamSharedState, scope: InstrumentationScope) {
    this.#rules = rules;
    this.#scope = scope;
  }

  /** All streams: those that views made, then the others; those of one name stand together. */
  get streams(): readonly Stream[] {
    return [...this.#viewed.values(), ...this.#plain.values()].flat();
  }

  /** The streams that an instrument measures into, made when they are not there; none when there are too many. */
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

  /** Makes the streams of all instruments anew, by what the rules are now. */
  restart(): void {
    this.#viewed.clear();
    this.#plain.clear();
    for (const { descriptor, all, collected } of this.#instruments.values()) {
      all.splice(0, all.length, ...this.#findStreams(descriptor));
      collected.splice(0, collected.length, ...all.filter(isCollected));
    }
  }

  #findStreams(instrument: Descriptor): Stream[] {
    const views = this.#rules.views.filter((view) => view.matches(instrument, this.#scope));
    return views.length === 0
      ? [...(this.#stream(this.#plain, instrument) ?? [])]
      : views.flatMap((view) => this.#stream(this.#viewed, view.apply(instrument), view) ?? []);
  }

  #stream(streams: StreamsByName, descriptor: Descriptor, view?: View): readonly Stream[] | undefined {
    const sameName = streams.get(descriptor.name) ?? [];
    let found: Stream | undefined;
    for (const stream of sameName) {
      const isFound = isCompatible(stream.descriptor, descriptor);
      if (!isFound || stream.descriptor.description !== descriptor.description) {
        warnConflict(stream.descriptor, descriptor);
      }
      if (isFound) found = stream;
    }
    if (found === undefined) {
      if (!this.#rules.names.admit()) return undefined;
      found = this.#newStream(descriptor, view);
      streams.set(descriptor.name, [...sameName, found]);
    } else if (descriptor.description.length > found.descriptor.description.length) {
      found.descriptor = { ...found.descriptor, description: descriptor.description };
    }
    return [found];
  }

  #newStream(descriptor: Descriptor, view: View | undefined): Stream {
    const { name } = descriptor;
    const { cleanAttributes, onOverflow } = this.#rules;
    const cardinalityLimit = view?.cardinalityLimit ?? this.#rules.cardinalityLimit;
    return new Stream({
      descriptor,
      filter: view?.filter,
      storages: this.#storages(descriptor, view),
      cardinalityLimit,
      onOverflow: () => onOverflow(name, cardinalityLimit),
      cleanAttributes,
    });
  }

  /** Readers that want the same cumulative points share a place: reading does not change it. */
  #storages(descriptor: Descriptor, view: View | undefined): (MetricStorage | undefined)[] {
    const shared: SharedStorage[] = [];
    const { type } = descriptor;
    const viewed = view?.aggregation ?? { type: AggregationType.DEFAULT };
    return this.#rules.readers.map((reader) => {
      const temporality = reader.selectAggregationTemporality(type);
      const isDelta = temporality === AggregationTemporality.DELTA;
      const option = view === undefined ? reader.selectAggregation(type) : viewed;
      const cardinalityLimit = view === undefined ? cardinalityLimitFor(reader, type) : Infinity;
      const known = shared.find(
        (place) => isSameOption(place.option, option) && place.cardinalityLimit === cardinalityLimit,
      );
      if (known !== undefined && !isDelta) return known.storage;
      const aggregation = resolveAggregation(option, descriptor, temporality);
      if (aggregation === undefined) return undefined;
      const storage = new MetricStorage({ aggregation, isDelta, cardinalityLimit });
      if (!isDelta) shared.push({ option, cardinalityLimit, storage });
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
  const [ofA, ofB] = [a, b].map((option) => ('options' in option ? option.options : undefined));
  return a.type === b.type && ofA === ofB;
}
