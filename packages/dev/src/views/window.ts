import type { Database } from './database.ts';

/** A window of time up to now, in milliseconds; or the whole session. */
export type Window = number | 'all';

/** The bounds of a window. */
export function toTimeWindow(
  database: Database,
  window: Window | undefined,
  fallbackMs: number,
): { from: number; to: number; windowMs: number } {
  const to = Date.now();
  if (window !== 'all') return { from: to - (window ?? fallbackMs), to, windowMs: window ?? fallbackMs };
  const row = database.get('SELECT min(start_us) AS us FROM spans WHERE entry = 1');
  const from = typeof row?.['us'] === 'number' ? Math.min(row['us'] / 1000, to - 1000) : to - fallbackMs;
  return { from, to, windowMs: to - from };
}
