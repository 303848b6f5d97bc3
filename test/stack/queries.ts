import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parser as promql } from '@prometheus-io/lezer-promql';
import { parser as logql } from '@grafana/lezer-logql';
import { parser as traceql } from '@grafana/lezer-traceql';
import { type DataSource, readYaml, root } from './files.ts';

/** A query of a dashboard and its location. */
export interface Query {
  /** `service-overview.json: Requests A` */
  readonly at: string;
  readonly language: string;
  readonly text: string;
}

interface DataSourceRef {
  readonly type: string;
  readonly uid: string;
}

/** The parts of a panel that the tests read. */
export interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: DataSourceRef;
  readonly targets?: readonly {
    readonly refId: string;
    /** PromQL or LogQL. */
    readonly expr?: string;
    /** TraceQL. */
    readonly query?: string;
    readonly datasource?: DataSourceRef;
  }[];
  readonly panels?: readonly Panel[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface Page {
  readonly file: string;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly query: string;
      readonly datasource: DataSourceRef;
    }[];
  };
}

/** Every dashboard that the stack mounts. */
export async function readPages(): Promise<readonly Page[]> {
  const directory = 'stack/grafana/dashboards';
  const files = await readdir(join(root, directory));
  return Promise.all(
    files.map(async (file) => Object.assign(await readYaml<Page>(`${directory}/${file}`), { file })),
  );
}

/** Panels of a dashboard with queries, including those in rows. */
export function listPanels(page: Page): readonly Panel[] {
  return page.panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

/**
 * Every query of a page, the variables' too, in the form in which Grafana would send it.
 *
 * @param job the service that is chosen on the page
 */
export function listQueries(page: Page, job = 'gateway'): readonly Query[] {
  const fromPanels = listPanels(page).flatMap((panel) =>
    (panel.targets ?? []).map(({ refId, expr, query = '', datasource }) => ({
      at: `${page.file}: ${panel.title} ${refId}`,
      language: (datasource ?? panel.datasource)?.type ?? 'none',
      text: fillIn(expr ?? query, job),
    })),
  );
  const fromVariables = page.templating.list.map(({ name, query, datasource }) => ({
    at: `${page.file}: $${name}`,
    language: datasource.type,
    // label_values(SELECTOR, LABEL) is Grafana's; what is inside is PromQL.
    text: fillIn(query.replace(/^label_values\((.+), \w+\)$/, '$1'), job),
  }));
  return [...fromPanels, ...fromVariables];
}

/** Substitutes variables like Grafana. */
function fillIn(expr: string, job: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll('$job', job)
    .replaceAll('$instance', '.+');
}

/**
 * The queries that a click on one signal sends to another's data source, in the form in which Grafana would send
 * them: `$$` is a dollar sign in a provisioning file.
 */
export function listCorrelations({ name, jsonData }: DataSource): readonly Query[] {
  const { tracesToLogsV2, tracesToMetrics } = jsonData as {
    tracesToLogsV2?: { query: string };
    tracesToMetrics?: { queries: { name: string; query: string }[] };
  };
  const toLogs = tracesToLogsV2 ? [{ name: 'logs', language: 'loki', query: tracesToLogsV2.query }] : [];
  const toMetrics = (tracesToMetrics?.queries ?? []).map((each) =>
    Object.assign(each, { language: 'prometheus' }),
  );
  return [...toLogs, ...toMetrics].map(({ name: title, language, query }) => ({
    at: `${name}: ${title}`,
    language,
    text: query
      .replaceAll('$$__tags', 'job="gateway", http_route="/products"')
      .replaceAll('$${__span.tags["service.name"]}', 'gateway')
      .replaceAll('$${__trace.traceId}', '0af7651916cd43dd8448eb211c80319c'),
  }));
}

const parsers = new Map([
  ['prometheus', promql],
  ['loki', logql],
  ['tempo', traceql],
]);

/** Syntax errors of a query; empty if it parses. */
export function listFaults({ language, text }: Query): readonly string[] {
  const parser = parsers.get(language);
  if (parser === undefined) return [`no grammar for ${language}`];
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError)
        faults.push(`at ${from}: ${JSON.stringify(text.slice(from, Math.max(to, from + 12)))}`);
    },
  });
  return faults;
}

/** Metric names in a PromQL expression. */
export function createMetrics(expr: string): readonly string[] {
  const names: string[] = [];
  promql.parse(expr).iterate({
    enter: ({ name, node, from, to }) => {
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(expr.slice(from, to));
    },
  });
  return names;
}
