const words: Readonly<Record<string, string>> = {
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
  TiBy: 'tebibytes',
  kBy: 'kilobytes',
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

const perWords: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/**
 * Translates a UCUM unit to the unit in a metric name, `''` for none: `s` is `seconds`, `By/s` is `bytes_per_second`. Annotations in
 * braces are dropped, and `1` is `ratio` for gauges only.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function unitWords(unit: string, isGauge: boolean): string {
  const { main, per } = unitParts(unit, isGauge);
  return per === '' || main === '' ? main + per : `${main}_${per}`;
}

/** Translates a UCUM unit to the two parts of its words: `By/s` is `bytes` and `per_second`. Each may be empty. */
export function unitParts(unit: string, isGauge: boolean): { readonly main: string; readonly per: string } {
  if (unit === '1') return { main: isGauge ? 'ratio' : '', per: '' };
  const plain = withoutAnnotations(unit).trim();
  const slash = plain.indexOf('/');
  if (slash === -1) return { main: lookUpUnit(words, plain), per: '' };
  const per = lookUpUnit(perWords, plain.slice(slash + 1).trim());
  return { main: lookUpUnit(words, plain.slice(0, slash).trim()), per: per === '' ? '' : `per_${per}` };
}

function lookUpUnit(table: Readonly<Record<string, string>>, unit: string): string {
  if (unit === '1') return '';
  return Object.hasOwn(table, unit) ? (table[unit] ?? '') : unit;
}

function withoutAnnotations(unit: string): string {
  let depth = 0;
  let plain = '';
  for (const character of unit) {
    if (character === '{') depth++;
    else if (character === '}') depth = Math.max(0, depth - 1);
    else if (depth === 0) plain += character;
  }
  return plain;
}
