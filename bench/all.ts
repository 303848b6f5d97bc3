// Runs all benchmarks sequentially, each in a separate process. Takes about an hour on an otherwise idle machine.
import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';

const names = ['startup', 'micro', 'http', 'prometheus', 'console', 'router', 'dev', 'delivery', 'libraries'];
const [load = 0] = loadavg();
if (load > 0.5) console.error(`the machine is not quiet: its load is ${load.toFixed(1)}`);

const failed = names.filter((name) => {
  const begun = performance.now();
  const rounds = name === 'router' ? { SONDE_BENCH_ROUNDS: '5' } : {};
  const args = ['--conditions=@sonde/source', join(import.meta.dirname, 'bench.ts'), name];
  const env = { ...rounds, ...process.env };
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
  console.error(`${name}: ${status === 0 ? 'done' : `failed with ${status}`} after ${minutes} min`);
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
