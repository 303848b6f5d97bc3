import { SeverityNumber } from '@opentelemetry/api';

/** A level of {@link Logger}, from least to most severe. */
export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A level by any of its names, Python's included; `off` silences a logger. */
export type LevelName = Level | 'warning' | 'critical' | 'off';

/** The severity of each level: the first number of its range in the OpenTelemetry log data model. */
export const severityByLevel: Readonly<Record<Level, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** The name of each level in a record: the specification's short names. */
export const severityText: Readonly<Record<Level, string>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
};

const synonyms: Readonly<Record<string, Level>> = { warning: 'warn', critical: 'fatal' };

/** What a level may be called, Python's names included; `off` silences a logger. */
export const levelNames: readonly string[] = [
  ...Object.keys(severityByLevel),
  ...Object.keys(synonyms),
  'off',
];

/** The lowest severity that passes at the level called `name`; undefined for an unknown name. */
export function parseSeverity(name: string): number | undefined {
  const lower = name.trim().toLowerCase();
  if (lower === 'off') return Number.POSITIVE_INFINITY;
  const level = synonyms[lower] ?? lower;
  return Object.hasOwn(severityByLevel, level) ? severityByLevel[level as Level] : undefined;
}

/** Levels for loggers: that of all, and those of dotted names. */
export interface Levels {
  readonly root: string | undefined;
  readonly byName: Readonly<Record<string, string>>;
}

/** Reads `info,app.db=debug`: a level for all loggers, and levels by name. Undefined when a part of it is no level. */
export function parseLevels(text: string): Levels | undefined {
  let root: string | undefined;
  const byName: Record<string, string> = {};
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=');
    const level = part.slice(at + 1).trim();
    if (parseSeverity(level) === undefined) return undefined;
    if (at === -1) root = level;
    else byName[part.slice(0, at).trim()] = level;
  }
  return { root, byName };
}
