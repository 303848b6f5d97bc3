/** The words that Prometheus has for units of UCUM. */
const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
};

const per: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  mo: 'month',
  y: 'year',
};

function unitWords(unit: string): string[] {
  const plain = unit.replaceAll(/\{[^}]*\}/g, '').trim();
  if (plain === '' || plain === '1') return [];
  const [amount = '', time] = plain.split('/');
  const words = amount === '' || amount === '1' ? [] : [units[amount] ?? amount];
  return time === undefined || time === '' ? words : [...words, 'per', per[time] ?? time];
}

function clean(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_:]+/g, '_');
}

/**
 * The name under which Prometheus knows an instrument, with its unit and the suffix of counters.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function prometheusName(name: string, unit: string, type: string, monotonic: boolean): string {
  let base = clean(name).replaceAll(/_{2,}/g, '_').replace(/_$/, '');
  if (/^\d/.test(base)) base = `_${base}`;
  const isCounter = type === 'sum' && monotonic;
  if (isCounter) base = base.replace(/_total$/, '');
  const words = unitWords(unit).map(clean);
  const suffix = words.join('_');
  if (suffix !== '' && !base.endsWith(`_${suffix}`) && base !== suffix) base = `${base}_${suffix}`;
  if (type === 'gauge' && unit === '1' && !base.endsWith('_ratio')) base = `${base}_ratio`;
  return isCounter ? `${base}_total` : base;
}
