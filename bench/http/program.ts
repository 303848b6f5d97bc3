import { type Child, startChild } from './child.ts';
import type { Column } from './columns.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Row } from './rows.ts';

const intervalMs = 5000;

/** A running program of the benchmark. */
export interface Program extends Child {
  readonly row: Row;
  /** URL of the Prometheus endpoint, if the column has one. */
  readonly page: string | undefined;
}

/** Options of a program. */
export interface Run {
  readonly processor?: number;
  readonly flags?: readonly string[];
  /** OTLP endpoint. */
  readonly endpoint: string;
  /** Keeps exported telemetry for verification, and pipes the output. */
  readonly isVerified?: boolean;
}

/** Starts the program of a row with the setup of a column. */
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
    // Cloud detectors send requests to other machines.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
    // EDOT logs a line at start.
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
