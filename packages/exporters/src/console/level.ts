import type { SeverityNumber } from '@opentelemetry/api';

/** A level of Python's logging module. */
export interface Level {
  readonly name: 'NOTSET' | 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
  readonly number: number;
}

const levels: readonly [Level, ...Level[]] = [
  { name: 'TRACE', number: 5 },
  { name: 'DEBUG', number: 10 },
  { name: 'INFO', number: 20 },
  { name: 'WARNING', number: 30 },
  { name: 'ERROR', number: 40 },
  { name: 'CRITICAL', number: 50 },
];

const notSet: Level = { name: 'NOTSET', number: 0 };

/** The level of an OpenTelemetry severity: four numbers each, from TRACE (1 to 4) to CRITICAL (21 to 24). */
export function getLevel(severity: SeverityNumber | undefined): Level {
  const number: number = severity ?? 0;
  return levels[Math.min(5, Math.floor((number - 1) / 4))] ?? notSet;
}
