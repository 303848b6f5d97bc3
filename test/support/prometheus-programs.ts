import { join } from 'node:path';
import { buildGoPrograms, type GoModule } from './go-program.ts';
import { findProgram } from './run.ts';

/** Prometheus, in the version that docker-compose.yml runs; Go counts it from 0. */
export const prometheusModule: GoModule = {
  path: 'github.com/prometheus/prometheus',
  version: 'v0.315.0',
  programs: ['cmd/prometheus', 'cmd/promtool'],
  // Of the ways to find targets those that the stack uses.
  tags: ['remove_all_sd', 'enable_dns_sd'],
};

/** Paths of Prometheus's programs. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** Prometheus 3 built from its Go module; Debian's where that cannot be had; undefined where there is neither. */
export async function findPrometheus(): Promise<PrometheusPrograms | undefined> {
  const go = await findProgram('go');
  const folder = go && (await buildGoPrograms(go, prometheusModule).catch(() => undefined));
  if (folder) return { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
  const [prometheus, promtool] = [await findProgram('prometheus'), await findProgram('promtool')];
  return prometheus === undefined || promtool === undefined ? undefined : { prometheus, promtool };
}
