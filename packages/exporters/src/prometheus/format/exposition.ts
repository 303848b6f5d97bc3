import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

import { FamilyRegistry } from './family-registry.ts';
import type { EscapingScheme } from './escaping.ts';
import { DroppedSeries } from './dropped-series.ts';
import type { ResolvedPrometheusOptions } from '../options.ts';
import { type ExpositionContext, isRequested } from './family.ts';
import { encodeProtobuf } from './protobuf.ts';
import { renderText } from './text.ts';
import { type Exemplar, getExemplars, type NoticeBoard } from '@sonde/sdk';

/** The formats of the Prometheus endpoint. */
export type ExpositionFormat = 'text' | 'openmetrics' | 'protobuf';

/** The format and the escaping of names that a scraper negotiated. */
interface ExpositionSettings {
  readonly format: ExpositionFormat;
  readonly escaping: EscapingScheme;
}

const exemplarWindowMs = 600_000;
const noExemplars: readonly Exemplar[] = [];

/** Makes pages of collected metrics, in the format and with the names that each scraper asked for. */
export class Exposition {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #registries = new Map<EscapingScheme, FamilyRegistry>();

  constructor(options: ResolvedPrometheusOptions, notices: NoticeBoard) {
    this.#options = options;
    this.#notices = notices;
  }

  /** The page piece by piece, with the families of these names or with all. */
  render(
    metrics: ResourceMetrics,
    { format, escaping }: ExpositionSettings,
    names: ReadonlySet<string> | undefined,
  ): Iterator<string | Uint8Array, void> {
    const losses = new DroppedSeries(this.#notices);
    const all = this.#registry(escaping).families(metrics, losses);
    const families = names === undefined ? all : all.filter((family) => isRequested(family, names));
    const created = this.#options.createdTimestamps;
    const oldestMs = Date.now() - exemplarWindowMs;
    const context: ExpositionContext = {
      created,
      dropped: losses,
      getExemplars:
        format === 'text' ? () => noExemplars : ({ attributes }) => getExemplars(attributes, oldestMs),
    };
    return format === 'protobuf'
      ? encodeProtobuf(families, context)
      : renderText(families, { ...context, format });
  }

  #registry(escaping: EscapingScheme): FamilyRegistry {
    let catalog = this.#registries.get(escaping);
    if (catalog === undefined) {
      catalog = new FamilyRegistry(this.#options, escaping);
      this.#registries.set(escaping, catalog);
    }
    return catalog;
  }
}
