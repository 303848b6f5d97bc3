import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';

import { labelText, toLabels, type Label, type LabelSource } from './labels.ts';

/** One label set of a family, cached so that a scrape only concatenates existing strings. */
export interface Series {
  /** The index and the attributes that the labels come from. */
  readonly index: SeriesIndex;
  readonly attributes: Attributes;
  /** The escaped labels without braces. */
  readonly text: string;
  /** The line prefixes in each text format, cached by the text writer. */
  readonly lines: { text?: LineStarts; openmetrics?: LineStarts };
  /** The labels in protocol buffers, cached by the protobuf writer. */
  encoded: Uint8Array | undefined;
  /** Whether several attribute sets have these labels. */
  isShared: boolean;
  /** Whether the family has evicted the series. */
  isEvicted: boolean;
}

/** Line prefixes for histogram boundaries: everything but the values. */
interface LineStarts {
  readonly boundaries: readonly number[];
  /** Whether the family was typed, which decides on the name of `_created`. */
  readonly isTyped: boolean;
  readonly starts: readonly string[];
}

/** The labels and rules that all series of a metric share. */
export interface LabelContext {
  readonly scope: readonly LabelSource[];
  /** A label name that the metric itself uses, or `''`. */
  readonly reserved: string;
  readonly labelName: (key: string) => string;
}

/** Finds the series of a metric by the identity of a point's attributes, or by their labels among all series of the family. */
export class SeriesIndex {
  readonly #byAttributes = new WeakMap<Attributes, Series>();
  readonly #seriesByLabels: Map<string, Series>;
  readonly #context: LabelContext;
  /** The series of the last scrape: points are in the same order again. */
  last: readonly Series[] = [];

  constructor(seriesByLabels: Map<string, Series>, context: LabelContext) {
    this.#seriesByLabels = seriesByLabels;
    this.#context = context;
  }

  /** @param position that of the point in the metric */
  lookup(attributes: Attributes, position: number): Series {
    const last = this.last[position];
    if (last?.attributes === attributes && last.index === this && !last.isEvicted) return last;
    const series = this.#byAttributes.get(attributes);
    return series === undefined || series.isEvicted ? this.#add(attributes) : series;
  }

  /** The unescaped labels of attributes. */
  labels(attributes: Attributes): Label[] {
    const { scope, reserved, labelName } = this.#context;
    return toLabels([...Object.entries(attributes), ...scope], reserved, labelName);
  }

  #add(attributes: Attributes): Series {
    const text = labelText(this.labels(attributes));
    let series = this.#seriesByLabels.get(text);
    if (series === undefined) {
      series = {
        index: this,
        attributes,
        text,
        lines: {},
        encoded: undefined,
        isShared: false,
        isEvicted: false,
      };
      this.#seriesByLabels.set(text, series);
    } else {
      series.isShared = true;
    }
    this.#byAttributes.set(attributes, series);
    return series;
  }
}

/** The labels of an instrumentation scope. */
export function scopeLabels(scope: InstrumentationScope & { attributes?: Attributes }): LabelSource[] {
  const labels: LabelSource[] = [
    ['otel_scope_name', scope.name],
    ['otel_scope_version', scope.version],
    ['otel_scope_schema_url', scope.schemaUrl],
  ];
  for (const [key, value] of Object.entries(scope.attributes ?? {}))
    labels.push([`otel_scope_${key}`, value]);
  return labels;
}
