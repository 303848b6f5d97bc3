import { type Child, startChild } from './child.ts';
import type { Column } from './columns.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Row } from './rows.ts';

const intervalMs = 5000;

/** A program of the benchmark that runs. */
export interface Program extends Child {
  readonly row: Row;
  /** The page that Prometheus would scrape, where the column has one. */
  readonly page: string | undefined;
}

/** How a program is run. */
export interface Run {
  readonly processor?: number;
  readonly flags?: readonly string[];
  /** Where OTLP goes. */
  readonly endpoint: string;
  /** It keeps what it exports, to be looked at, and its output is piped. */
  readonly isVerified?: boolean;
}

/** Starts the program of a row as a column wants it. */
export async function startProgram(row: Row, column: Column, run: Run): Promise<Program> {
  const hasPage = row.part === 'classic' || (column.to === 'prometheus' && row.preload !== undefined);
  const port = await freePort();
  const preload = row.preload === undefined ? [] : ['--require', row.preload];
  const env = {
    ...row.env(),
    BENCH_TO: column.to,
    BENCH_RATIO: String(column.ratio),
    BENCH_METRICS_PORT: String(port),
    BENCH_INTERVAL_MS: String(intervalMs),
    OTEL_EXPORTER_OTLP_ENDPOINT: run.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: 'bench',
    // Those of the clouds ask addresses outside of this machine.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
    // EDOT says a line at its start.
    OTEL_LOG_LEVEL: 'error',
    ...(run.isVerified === true ? { BENCH_VERIFY: '1' } : {}),
  };
  const quiet = column.to === 'prometheus' || row.part === 'classic' ? 'ignore' : undefined;
  const output = run.isVerified === true ? 'pipe' : quiet;
  const child = await startChild({
    args: [...(run.flags ?? []), ...preload, row.app],
    env,
    ...(run.processor === undefined ? {} : { processor: run.processor }),
    ...(output === undefined ? {} : { output }),
  });
  return { ...child, row, page: hasPage ? `http://127.0.0.1:${port}/metrics` : undefined };
}
