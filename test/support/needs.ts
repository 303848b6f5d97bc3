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
