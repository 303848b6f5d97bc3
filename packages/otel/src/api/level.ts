import { SeverityNumber } from '@opentelemetry/api';

/** A log level, from least to most severe. */
export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** A log level or one of Python's synonyms; `off` disables a logger. */
export type LevelName = Level | 'warning' | 'critical' | 'off';

/** The `SeverityNumber` of each level: the first of its range in the OpenTelemetry log data model. */
export const severityByLevel: Readonly<Record<Level, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** The `SeverityText` of each level: the specification's short names. */
export const severityText: Readonly<Record<Level, string>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'FATAL',
};

const synonyms: Readonly<Record<string, Level>> = { warning: 'warn', critical: 'fatal' };

/** Every {@link LevelName}. */
export const levelNames: readonly string[] = [
  ...Object.keys(severityByLevel),
  ...Object.keys(synonyms),
  'off',
];

/** The minimum severity number of a level by name, in any case; undefined for an unknown name. */
export function parseSeverity(name: string): number | undefined {
  const lower = name.trim().toLowerCase();
  if (lower === 'off') return Number.POSITIVE_INFINITY;
  const level = synonyms[lower] ?? lower;
  return Object.hasOwn(severityByLevel, level) ? severityByLevel[level as Level] : undefined;
}

/** The level of all loggers, and levels by logger name. */
export interface Levels {
  readonly root: LevelName | undefined;
  readonly byName: Readonly<Record<string, LevelName>>;
}

/** Parses `info,app.db=debug`; undefined if any level is unknown. */
export function parseLevels(text: string): Levels | undefined {
  let root: LevelName | undefined;
  const byName: Record<string, LevelName> = {};
  for (const part of text.split(',')) {
    const equals = part.lastIndexOf('=');
    const level = part
      .slice(equals + 1)
      .trim()
      .toLowerCase();
    if (parseSeverity(level) === undefined) return undefined;
    if (equals === -1) root = level as LevelName;
    else byName[part.slice(0, equals).trim()] = level as LevelName;
  }
  return { root, byName };
}
