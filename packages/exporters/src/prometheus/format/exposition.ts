import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

import { FamilyRegistry } from './family-registry.ts';
import type { EscapingScheme } from './escaping.ts';
import { DroppedSeries } from './dropped-series.ts';
import type { ResolvedPrometheusOptions } from '../options.ts';
import { type ExpositionContext, isRequested } from './family.ts';
import { encodeProtobuf } from './protobuf.ts';
import { renderHtml } from './html.ts';
import { renderText } from './text.ts';
import { type Exemplar, getExemplars, type NoticeBoard } from '@sonde/sdk';

/** The formats of the Prometheus endpoint. */
export type ExpositionFormat = 'text' | 'openmetrics' | 'protobuf' | 'html';

/** The format and the escaping of names that a scraper negotiated. */
interface ExpositionSettings {
  readonly format: ExpositionFormat;
  readonly escaping: EscapingScheme;
}

const exemplarWindowMs = 600_000;
const noExemplars: readonly Exemplar[] = [];

/** Renders collected metrics in the format and with the escaping that a scraper negotiated. */
export class Exposition {
  readonly #options: ResolvedPrometheusOptions;
  readonly #notices: NoticeBoard;
  readonly #registries = new Map<EscapingScheme, FamilyRegistry>();

  constructor(options: ResolvedPrometheusOptions, notices: NoticeBoard) {
    this.#options = options;
    this.#notices = notices;
  }

  /** Renders the families of the given names, or all, part by part. */
  render(
    metrics: ResourceMetrics,
    { format, escaping }: ExpositionSettings,
    names: ReadonlySet<string> | undefined,
  ): Iterator<string | Uint8Array, void> {
    const dropped = new DroppedSeries(this.#notices);
    const all = this.#registry(escaping).families(metrics, dropped);
    const families = names === undefined ? all : all.filter((family) => isRequested(family, names));
    const created = this.#options.createdTimestamps;
    const oldestMs = Date.now() - exemplarWindowMs;
    const context: ExpositionContext = {
      created,
      dropped,
      getExemplars:
        format === 'text' || format === 'html'
          ? () => noExemplars
          : ({ attributes }) => getExemplars(attributes, oldestMs),
    };
    if (format === 'html') return renderHtml(families, context);
    return format === 'protobuf'
      ? encodeProtobuf(families, context)
      : renderText(families, { ...context, format });
  }

  #registry(escaping: EscapingScheme): FamilyRegistry {
    let registry = this.#registries.get(escaping);
    if (registry === undefined) {
      registry = new FamilyRegistry(this.#options, escaping);
      this.#registries.set(escaping, registry);
    }
    return registry;
  }
}
