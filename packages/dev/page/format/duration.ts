const units: readonly (readonly [size: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
  [0.001, 'µs'],
];

/** Writes milliseconds with the unit in which they read best: `18 ms`, `1.8 s`, `214 µs`. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return '–';
  if (milliseconds === 0) return '0';
  const size = Math.abs(milliseconds);
  const [unit, name] = units.find(([least]) => size >= least) ?? [0.001, 'µs'];
  const value = milliseconds / unit;
  return `${Math.abs(value) < 10 ? Number(value.toFixed(1)) : Math.round(value)} ${name}`;
}

/** Writes how long ago an instant was. */
export function formatAge(time: number, now: number = Date.now()): string {
  const age = now - time;
  return age < 1000 ? 'now' : `${formatDuration(age)} ago`;
}
