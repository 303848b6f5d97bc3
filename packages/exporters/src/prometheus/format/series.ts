import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';

import { labelText, toLabels, type Label, type LabelSource } from './labels.ts';

/** One set of labels of one family: built once and kept, so that a scrape joins strings that exist. */
export interface Series {
  /** The index and the attributes that the labels come from. */
  readonly index: SeriesIndex;
  readonly attributes: Attributes;
  /** The labels as text, escaped, without braces. */
  readonly text: string;
  /** The starts of the series' lines in each text format, filled in by the writer. */
  readonly lines: { text?: LineStarts; openmetrics?: LineStarts };
  /** The labels in protocol buffers, filled in by the writer. */
  encoded: Uint8Array | undefined;
  /** Whether several attribute sets ended in these labels. */
  isShared: boolean;
  /** Whether the family does not know the series any more. */
  isEvicted: boolean;
}

/** Everything of a series' lines but the values. */
interface LineStarts {
  readonly boundaries: readonly number[];
  readonly starts: readonly string[];
}

/** What the labels of every series of one metric have in common. */
export interface LabelContext {
  readonly scope: readonly LabelSource[];
  /** A label name that the metric uses itself, or `''`. */
  readonly reserved: string;
  readonly labelName: (key: string) => string;
}

/** The series of one metric, found again by the identity of a point's attributes, and by their labels among all of the family. */
export class SeriesIndex {
  readonly #byAttributes = new WeakMap<Attributes, Series>();
  readonly #seriesByLabels: Map<string, Series>;
  readonly #context: LabelContext;

  constructor(ofFamily: Map<string, Series>, context: LabelContext) {
    this.#seriesByLabels = ofFamily;
    this.#context = context;
  }

  lookup(attributes: Attributes): Series {
    const series = this.#byAttributes.get(attributes);
    return series === undefined || series.isEvicted ? this.#add(attributes) : series;
  }

  /** The labels of attributes, not escaped. */
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

/** The labels that tell which instrumentation scope a metric comes from. */
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
