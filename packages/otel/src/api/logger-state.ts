import { logs } from '@opentelemetry/api';

import { warnOnce } from '../diagnostics/notice.ts';
import { type LoggerState, state } from '../state.ts';
import { maxNames, toIdentifier } from '@sonde/sdk';

/** The minimum severity of a name: its own, else that of the nearest dotted parent, else the root's. */
function severityFor(name: string): number {
  // No longer prefix is found, and hashing all prefixes of a long name takes quadratic time.
  const longest = Math.max(0, ...Array.from(state.severities.keys(), ({ length }) => length));
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    if (end > longest) continue;
    const severity = state.severities.get(name.slice(0, end));
    if (severity !== undefined) return severity;
  }
  return state.rootSeverity;
}

/** The name of the logger that replaces all names beyond the limit. */
const overflowName = 'sonde.overflow';

/** The state of a logger name; it exists until the process ends. */
export function getLoggerState(givenName: string): LoggerState {
  const name = toIdentifier(givenName) ?? '';
  let loggerState = state.loggers.get(name);
  if (loggerState === undefined) {
    if (state.loggers.size >= maxNames && name !== overflowName) {
      const remedy = 'use few names, and attributes for values that vary';
      const message = `more than ${maxNames} logger names: using ${overflowName} for further names; ${remedy}`;
      warnOnce('SONDE_NAMES_LIMIT', 'getLogger', message);
      return getLoggerState(overflowName);
    }
    loggerState = { name, api: logs.getLogger(name), severity: severityFor(name) };
    state.loggers.set(name, loggerState);
  }
  return loggerState;
}

/** Sets the level of one name and of the dotted names below it. */
export function setSeverity(name: string, severity: number): void {
  if (state.severities.size >= maxNames && !state.severities.has(name)) {
    const remedy = 'set the level of a dotted parent name';
    const message = `more than ${maxNames} logger names have a level: ignoring further levels; ${remedy}`;
    warnOnce('SONDE_NAMES_LIMIT', 'setLevel', message);
    return;
  }
  setSeverities(state.rootSeverity, new Map([...state.severities, [name, severity]]));
}

/** Sets the levels of all existing and future loggers. */
export function setSeverities(root: number, byName: ReadonlyMap<string, number>): void {
  state.rootSeverity = root;
  state.severities = byName;
  for (const loggerState of state.loggers.values()) loggerState.severity = severityFor(loggerState.name);
}
