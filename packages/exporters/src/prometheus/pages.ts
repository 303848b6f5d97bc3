import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';




import { Catalog } from './catalog.ts';
import type { EscapingScheme } from './escaping.ts';
import { Losses } from './losses.ts';
import { isAsked } from './name-filter.ts';
import type { Negotiated } from './negotiate.ts';
import type { ResolvedPrometheusOptions } from './options.ts';
import type { PageContext } from './page-context.ts';
import { protobufPage } from './protobuf.ts';
import { textPage } from './text.ts';
import { type Exemplar, getExemplars, type NoticeBoard } from '@sonde/sdk';

const exemplarWindowMs = 600_000;
const noExemplars: readonly Exemplar[] = [];

/** Makes pages of collected metrics, in the format and with the names that each scraper asked for. */
export class Pages {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #catalogs = new Map<EscapingScheme, Catalog>();

  constructor(options: ResolvedPrometheusOptions, notices: NoticeBoard) {
    this.#options = options;
    this.#notices = notices;
  }

  /** The page piece by piece, with the families of these names or with all. */
  page(
    metrics: ResourceMetrics,
    { format, escaping }: Negotiated,
    names: ReadonlySet<string> | undefined,
  ): Iterator<string | Uint8Array, void> {
    const losses = new Losses(this.#notices);
    const all = this.#catalog(escaping).families(metrics, losses);
    const families = names === undefined ? all : all.filter((family) => isAsked(family, names));
    const created = this.#options.createdTimestamps;
    const oldestMs = Date.now() - exemplarWindowMs;
    const context: PageContext = {
      created,
      losses,
      exemplarsOf:
        format === 'text' ? () => noExemplars : ({ attributes }) => getExemplars(attributes, oldestMs),
    };
    return format === 'protobuf'
      ? protobufPage(families, context)
      : textPage(families, { ...context, format });
  }

  #catalog(escaping: EscapingScheme): Catalog {
    let catalog = this.#catalogs.get(escaping);
    if (catalog === undefined) {
      catalog = new Catalog(this.#options, escaping);
      this.#catalogs.set(escaping, catalog);
    }
    return catalog;
  }
}
