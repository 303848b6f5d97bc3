import assert from 'node:assert/strict';
import type { OtlpSink } from '../../support/otlp-sink.ts';
import { Program } from '../../support/program.ts';

/**
 * Runs an application to its end, its telemetry into a sink.
 *
 * @throws with all it printed when it fails
 */
export async function runApplication(
  node: string,
  args: readonly string[],
  options: {
    cwd: string;
    sink?: OtlpSink | undefined;
    env?: Readonly<Record<string, string | undefined>>;
  },
): Promise<Program> {
  const { cwd, sink, env } = options;
  const endpoint = sink === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  const child = new Program(node, args, { cwd, env: { NODE_OPTIONS: undefined, ...endpoint, ...env } });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
  return child;
}
