import { type Logger as ApiLogger, logs } from '@opentelemetry/api';

import { warnOnce } from '../diagnostics/notice.ts';
import { state } from '../state.ts';
import { maxNames } from '@sonde/sdk';

/** What all loggers of one name share: the API's logger and the least severity that passes. */
export interface LoggerState {
  readonly name: string;
  readonly api: ApiLogger;
  severity: number;
}

/** The severity for a name: its own, else that of the nearest dotted parent, else the root's. */
function severityFor(name: string): number {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const severity = state.severities.get(name.slice(0, end));
    if (severity !== undefined) return severity;
  }
  return state.rootSeverity;
}

/** The name of the one logger that all names beyond the limit share. */
const overflowName = 'sonde.overflow';

/** The source for a name; one for the life of the process. */
export function getLoggerState(name: string): LoggerState {
  let source = state.loggers.get(name);
  if (source === undefined) {
    if (state.loggers.size >= maxNames && name !== overflowName) {
      const outcome = `later ones are the logger ${overflowName}: use attributes for what varies, and few names`;
      warnOnce('SONDE_NAMES_LIMIT', 'getLogger', `${maxNames} names of loggers exist and ${outcome}`);
      return getLoggerState(overflowName);
    }
    source = { name, api: logs.getLogger(name), severity: severityFor(name) };
    state.loggers.set(name, source);
  }
  return source;
}

/** Sets the level of one name and of the dotted names below it. */
export function setSeverity(name: string, severity: number): void {
  if (state.severities.size >= maxNames && !state.severities.has(name)) {
    const outcome = 'later ones are ignored: set the level of a dotted name above them';
    warnOnce('SONDE_NAMES_LIMIT', 'setLevel', `${maxNames} names of loggers have a level and ${outcome}`);
    return;
  }
  setSeverities(state.rootSeverity, new Map([...state.severities, [name, severity]]));
}

/** Sets the levels of all loggers, those included that exist already. */
export function setSeverities(root: number, byName: ReadonlyMap<string, number>): void {
  state.rootSeverity = root;
  state.severities = byName;
  for (const source of state.loggers.values()) source.severity = severityFor(source.name);
}
