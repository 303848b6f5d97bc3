import { SeverityNumber } from '@opentelemetry/api';
import { type Level, severityByLevel } from '../api/level.ts';

/** Severities by level name: the six standard levels, and those of npm, syslog and winston's cli. */
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
  (severity) => typeof severity === 'number',
);

/** The severity of a level name; undefined for a custom name. */
export const severityByName = (name: string): SeverityNumber | undefined => byName.get(name.toLowerCase());

/**
 * The severity of a pino level: that of its label if it is a standard level, else interpolated from its number: 30 is INFO,
 * 35 lies between INFO and WARN.
 */
export function severityByNumber(label: string | undefined, level: number): SeverityNumber {
  if (label !== undefined && Object.hasOwn(severityByLevel, label)) return severityByLevel[label as Level];
  const severity = Math.floor(1 + (level - 10) * 0.4);
  return all[Math.min(Math.max(severity, 1), 24)] ?? SeverityNumber.UNSPECIFIED;
}
