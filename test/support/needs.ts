import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/**
 * Skips a test with a missing prerequisite and states the reason. Throws if `CI=true`, so that a test that never runs
 * cannot pass unnoticed.
 *
 * @example if (promtool === undefined) return needs(t, 'promtool is not installed');
 */
export function needs(t: TestContext, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`needed here, and missing: ${reason}`);
  t.skip(reason);
}

/** The reason to skip a suite that runs a program that is not installed, else false. Throws if `CI=true`. */
export function missingProgram(program: string): string | false {
  if (spawnSync('which', [program]).status === 0) return false;
  const reason = `${program} is not installed`;
  if (process.env['CI'] === 'true') throw new Error(`needed here, and missing: ${reason}`);
  return reason;
}
