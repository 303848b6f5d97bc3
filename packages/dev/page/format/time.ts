const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** Writes the time of day, to the second or the millisecond: `13:20:41.218`. */
export function formatTime(
  time: number,
  precision: 'minute' | 'second' | 'millisecond' = 'millisecond',
): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  if (precision === 'minute') return minutes;
  const seconds = `${minutes}:${pad(date.getSeconds())}`;
  return precision === 'second' ? seconds : `${seconds}.${pad(date.getMilliseconds(), 3)}`;
}

/** Writes date and time, for a title. */
export function formatInstant(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${formatTime(time)}`;
}
