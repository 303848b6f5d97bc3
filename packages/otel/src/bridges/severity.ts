import { SeverityNumber } from '@opentelemetry/api';
import { type Level, severityByLevel } from '../api/level.ts';

/** Levels by name: the usual six, and those of npm, syslog and command lines. */
const byName: ReadonlyMap<string, SeverityNumber> = new Map([
  ...Object.entries(severityByLevel),
  ['silly', SeverityNumber.TRACE],
  ['input', SeverityNumber.TRACE2],
  ['prompt', SeverityNumber.TRACE4],
  ['verbose', SeverityNumber.DEBUG2],
  ['http', SeverityNumber.DEBUG3],
  ['notice', SeverityNumber.INFO2],
  ['data', SeverityNumber.INFO2],
  ['help', SeverityNumber.INFO3],
  ['warning', SeverityNumber.WARN],
  ['crit', SeverityNumber.FATAL],
  ['critical', SeverityNumber.FATAL],
  ['alert', SeverityNumber.FATAL2],
  ['emerg', SeverityNumber.FATAL3],
]);

const all: readonly SeverityNumber[] = Object.values(SeverityNumber).filter(
  (each) => typeof each === 'number',
);

/** The severity of a level by its name; undefined for a name of the application's own. */
export const severityByName = (name: string): SeverityNumber | undefined => byName.get(name.toLowerCase());

/**
 * The severity of a level of pino's: that of its name if it is one of the usual six, else by its number, of which 30 is
 * INFO and 35 lies between INFO and WARN.
 */
export function severityByNumber(label: string | undefined, level: number): SeverityNumber {
  if (label !== undefined && Object.hasOwn(severityByLevel, label)) return severityByLevel[label as Level];
  const severity = Math.floor(1 + (level - 10) * 0.4);
  return all[Math.min(Math.max(severity, 1), 24)] ?? SeverityNumber.UNSPECIFIED;
}
