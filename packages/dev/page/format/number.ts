import { formatDuration } from './duration.ts';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

/** Writes a count: `48,112`. */
export const formatCount = (count: number): string => whole.format(count);

/** Writes a value of any size, short: `1.2M`, `0.0181`. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100_000 ? compact.format(value) : precise.format(value);
}

/** Writes a share of 1 as percent; a share that is not zero never reads as zero. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent === 0) return '0';
  return percent < 0.1 ? '<0.1 %' : `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}

/** Writes a rate per second. */
export const formatRate = (rate: number): string =>
  rate > 0 && rate < 0.1 ? '<0.1/s' : `${rate < 100 ? Number(rate.toFixed(1)) : whole.format(rate)}/s`;

/** Writes bytes in megabytes. */
export const formatMegabytes = (bytes: number): string => whole.format(bytes / 1_048_576);

/** Writes a count with its noun: `1 span`, `26 spans`. */
export const formatPlural = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Units of time, in milliseconds. */
const timeUnits: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 0.001, ns: 0.000_001 };

/** Writes a value of an instrument, with its unit. Seconds read as durations. */
export function formatMeasure(value: number | null | undefined, unit: string): string {
  const annotation = /^\{(.+)\}(.*)$/.exec(unit);
  if (annotation !== null) return `${formatValue(value)}${annotation[2] ?? ''}`;
  if (unit === '' || unit === '1') return formatValue(value);
  if (unit === 'By') return formatBytes(value);
  const milliseconds = timeUnits[unit];
  if (milliseconds !== undefined)
    return formatDuration(typeof value === 'number' ? value * milliseconds : value);
  return `${formatValue(value)} ${unit}`;
}

function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(names.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${formatValue(value / 1024 ** power)} ${names[power]}`;
}
