import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

import { FamilyRegistry } from './family-registry.ts';
import type { EscapingScheme } from './escaping.ts';
import { DroppedSeries } from './dropped-series.ts';
import { isRequested } from '../http/name-filter.ts';
import type { Negotiated } from '../http/negotiate.ts';
import type { ResolvedPrometheusOptions } from '../options.ts';
import type { ExpositionContext } from './exposition-context.ts';
import { encodeProtobuf } from './protobuf.ts';
import { renderText } from './text.ts';
import { type Exemplar, getExemplars, type NoticeBoard } from '@sonde/sdk';

const exemplarWindowMs = 600_000;
const noExemplars: readonly Exemplar[] = [];

/** Makes pages of collected metrics, in the format and with the names that each scraper asked for. */
export class Exposition {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #catalogs = new Map<EscapingScheme, FamilyRegistry>();

  constructor(options: ResolvedPrometheusOptions, notices: NoticeBoard) {
    this.#options = options;
    this.#notices = notices;
  }

  /** The page piece by piece, with the families of these names or with all. */
  render(
    metrics: ResourceMetrics,
    { format, escaping }: Negotiated,
    names: ReadonlySet<string> | undefined,
  ): Iterator<string | Uint8Array, void> {
    const losses = new DroppedSeries(this.#notices);
    const all = this.#catalog(escaping).families(metrics, losses);
    const families = names === undefined ? all : all.filter((family) => isRequested(family, names));
    const created = this.#options.createdTimestamps;
    const oldestMs = Date.now() - exemplarWindowMs;
    const context: ExpositionContext = {
      created,
      losses,
      getExemplars:
        format === 'text' ? () => noExemplars : ({ attributes }) => getExemplars(attributes, oldestMs),
    };
    return format === 'protobuf'
      ? encodeProtobuf(families, context)
      : renderText(families, { ...context, format });
  }

  #catalog(escaping: EscapingScheme): FamilyRegistry {
    let catalog = this.#catalogs.get(escaping);
    if (catalog === undefined) {
      catalog = new FamilyRegistry(this.#options, escaping);
      this.#catalogs.set(escaping, catalog);
    }
    return catalog;
  }
}
