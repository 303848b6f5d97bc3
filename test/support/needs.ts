import type { TestContext } from 'node:test';

/**
 * Says that what the test needs is not there: skips it with the reason on a user's machine, and throws where
 * `CI=true`, so that a test that never runs cannot pass for green.
 *
 * @example if (promtool === undefined) return needs(t, 'promtool is not installed');
 */
export function needs(t: TestContext, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`needed here, and missing: ${reason}`);
  t.skip(reason);
}
