/**
 * A strict reader of OpenMetrics text, written from the specification's grammar and its rules for each type. It shares nothing with the
 * writer.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function parseOpenMetrics(exposition: string): OpenMetricsFamily[] {
  if (!exposition.endsWith('\n')) throw new Error('the exposition does not end with a line feed');
  const lines = exposition.slice(0, -1).split('\n');
  if (lines.pop() !== '# EOF') throw new Error('the exposition does not end with # EOF');
  const families: OpenMetricsFamily[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      readLine(line, families);
    } catch (error) {
      throw new Error(`line ${index + 1} '${line}': ${String(error)}`, { cause: error });
    }
  }
  const taken = new Set<string>();
  for (const family of families) checkFamily(family, taken);
  return families;
}

/** One metric family of an exposition. */
export interface OpenMetricsFamily {
  readonly name: string;
  type: string;
  unit: string;
  help: string;
  readonly samples: OpenMetricsSample[];
}

/** One sample line. */
export interface OpenMetricsSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly exemplar: { labels: ReadonlyMap<string, string>; value: number; timestamp: number } | undefined;
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
  unknown: [''],
};

class Cursor {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  take(pattern: RegExp, what: string): string {
    const sticky = new RegExp(pattern.source, 'uy');
    sticky.lastIndex = this.position;
    const match = sticky.exec(this.text);
    if (match === null) throw new Error(`${what} is expected at ${this.position}`);
    this.position = sticky.lastIndex;
    return match[0];
  }

  has(text: string): boolean {
    if (!this.text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  get atEnd(): boolean {
    return this.position === this.text.length;
  }
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/;
const quoted = /"(?:[^"\\\n]|\\["\\n])*"/;
const number = /NaN|[+-]?Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;

function readLine(line: string, families: OpenMetricsFamily[]): void {
  const cursor = new Cursor(line);
  if (cursor.has('# ')) readMetadata(cursor, families);
  else readSample(cursor, families);
}

function readMetadata(cursor: Cursor, families: OpenMetricsFamily[]): void {
  const keyword = cursor.take(/TYPE|UNIT|HELP/, 'TYPE, UNIT or HELP');
  cursor.take(/ /, 'a space');
  const name = readName(cursor);
  cursor.take(/ /, 'a space');
  let family = families.at(-1);
  if (family?.name !== name) {
    if (families.some((known) => known.name === name)) throw new Error(`family ${name} is interrupted`);
    family = { name, type: '', unit: '', help: '', samples: [] };
    families.push(family);
  }
  if (family.samples.length > 0) throw new Error('metadata after samples');
  if (keyword === 'HELP') {
    if (family.help !== '') throw new Error('a second HELP');
    family.help = unescaped(cursor.take(/(?:[^"\\\n]|\\["\\n])*/, 'help'));
  } else if (keyword === 'TYPE') {
    if (family.type !== '') throw new Error('a second TYPE');
    family.type = cursor.take(/counter|gauge|histogram|info|unknown/, 'a type');
  } else {
    family.unit = cursor.take(/[a-zA-Z0-9_:]+/, 'a unit');
    if (!name.endsWith(`_${family.unit}`)) throw new Error('the unit is not the suffix of the name');
  }
  if (!cursor.atEnd) throw new Error(`unexpected text at ${cursor.position}`);
}

function readName(cursor: Cursor): string {
  if (!cursor.text.startsWith('"', cursor.position)) return cursor.take(metricName, 'a name');
  return unquoted(cursor.take(quoted, 'a quoted name'));
}

function readSample(cursor: Cursor, families: OpenMetricsFamily[]): void {
  let name = '';
  let labels = new Map<string, string>();
  if (!cursor.text.startsWith('{')) name = cursor.take(metricName, 'a name');
  if (cursor.has('{'))
    labels = readLabels(cursor, name === '' ? (quotedName) => (name = quotedName) : undefined);
  cursor.take(/ /, 'a space');
  const value = toNumber(cursor.take(number, 'a value'));
  let exemplar: OpenMetricsSample['exemplar'];
  if (cursor.has(' # {')) {
    const exemplarLabels = readLabels(cursor, undefined);
    cursor.take(/ /, 'a space');
    const exemplarValue = toNumber(cursor.take(number, 'a value'));
    cursor.take(/ /, 'a space');
    const timestamp = toNumber(cursor.take(/\d+(?:\.\d+)?/, 'a timestamp'));
    exemplar = { labels: exemplarLabels, value: exemplarValue, timestamp };
  }
  if (!cursor.atEnd) throw new Error(`unexpected text at ${cursor.position}`);
  const family = families.at(-1);
  const allowed = suffixes[family?.type ?? ''] ?? [];
  if (family === undefined || !allowed.some((suffix) => family.name + suffix === name)) {
    throw new Error(`sample ${name} is not in its family`);
  }
  family.samples.push({ name, labels, value, exemplar });
}

function readLabels(cursor: Cursor, onName: ((name: string) => void) | undefined): Map<string, string> {
  const labels = new Map<string, string>();
  let isFirst = true;
  while (!cursor.has('}')) {
    if (!isFirst) cursor.take(/,/, 'a comma');
    const isQuoted = cursor.text.startsWith('"', cursor.position);
    const name = isQuoted ? unquoted(cursor.take(quoted, 'a name')) : cursor.take(labelName, 'a label name');
    if (isFirst && isQuoted && onName !== undefined && !cursor.text.startsWith('=', cursor.position)) {
      onName(name);
    } else {
      cursor.take(/=/, 'an equal sign');
      if (labels.has(name)) throw new Error(`label ${name} occurs twice`);
      labels.set(name, unquoted(cursor.take(quoted, 'a quoted value')));
    }
    isFirst = false;
  }
  return labels;
}

function checkFamily({ name, type, samples }: OpenMetricsFamily, taken: Set<string>): void {
  if (type === '') throw new Error(`family ${name} has no type`);
  for (const suffix of new Set(['', ...(suffixes[type] ?? [])])) {
    if (taken.has(name + suffix)) throw new Error(`name ${name + suffix} is taken twice`);
    taken.add(name + suffix);
  }
  const seen = new Set<string>();
  for (const sample of samples) {
    const identity = `${sample.name} ${labelIdentity(sample.labels)}`;
    if (seen.has(identity)) throw new Error(`sample ${identity} occurs twice`);
    seen.add(identity);
    if (type === 'counter' && !(sample.value >= 0)) throw new Error(`counter ${identity} is ${sample.value}`);
    if (type === 'info' && sample.value !== 1) throw new Error(`info ${identity} is ${sample.value}`);
    if (sample.exemplar !== undefined) checkExemplar(sample, type);
  }
  if (type === 'histogram') checkHistogram(samples);
}

function checkExemplar({ name, exemplar }: OpenMetricsSample, type: string): void {
  const isAllowed = (type === 'counter' && name.endsWith('_total')) || name.endsWith('_bucket');
  if (!isAllowed) throw new Error(`sample ${name} cannot have an exemplar`);
  let characters = 0;
  for (const [label, value] of exemplar?.labels ?? []) characters += Array.from(label + value).length;
  if (characters > 128) throw new Error('the labels of an exemplar are longer than 128 characters');
}

function checkHistogram(samples: readonly OpenMetricsSample[]): void {
  const last = new Map<string, { le: number; count: number }>();
  const counts = new Map<string, number>();
  const sums = new Set<string>();
  for (const { name, labels, value, exemplar } of samples) {
    const series = labelIdentity(labels, 'le');
    if (name.endsWith('_count')) counts.set(series, value);
    if (name.endsWith('_sum')) sums.add(series);
    if (!name.endsWith('_bucket')) continue;
    const text = labels.get('le') ?? '';
    const le = text === '+Inf' ? Infinity : Number(text);
    if (text === '' || Number.isNaN(le)) throw new Error(`bucket with le '${text}'`);
    if (le < 0) throw new Error(`bucket with le '${text}' in a family with a count`);
    const previous = last.get(series) ?? { le: -Infinity, count: 0 };
    if (le <= previous.le || value < previous.count) throw new Error(`buckets of ${series} go down`);
    if (exemplar !== undefined && !(exemplar.value <= le && exemplar.value > previous.le)) {
      throw new Error(`exemplar ${exemplar.value} is not in bucket ${text}`);
    }
    last.set(series, { le, count: value });
  }
  for (const [series, { le, count }] of last) {
    if (le !== Infinity) throw new Error(`histogram ${series} has no +Inf bucket`);
    if (counts.get(series) !== count) throw new Error(`count of ${series} is not its +Inf bucket`);
    if (!sums.has(series)) throw new Error(`histogram ${series} has a count and no sum`);
  }
}

/** The labels as one text, the same for every order. */
export function labelIdentity(labels: ReadonlyMap<string, string>, without = ''): string {
  const pairs = [...labels].filter(([name]) => name !== without);
  return JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function toNumber(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return Number(text);
}

function unquoted(text: string): string {
  return unescaped(text.slice(1, -1));
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(["\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
