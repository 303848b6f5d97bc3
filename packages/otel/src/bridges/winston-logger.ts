import { type Context, context, diag, type LogRecord } from '@opentelemetry/api';

import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { Bridge, type BridgeOptions, getTraceIds } from './bridge.ts';
import { severityByName } from './severity.ts';
import { errorDetails, mapException, readMembers } from '@sonde/sdk';

const levelSymbol = Symbol.for('level');

type Info = Record<string | symbol, unknown>;

/** The methods of winston's `Logger` that process an info: `write` before and `push` after the logger's format. */
interface WinstonLogger {
  readonly level: string;
  readonly levels: Readonly<Record<string, number | undefined>>;
  write: (this: WinstonLogger, info: unknown, ...args: unknown[]) => boolean;
  push: (this: WinstonLogger, info: unknown, ...args: unknown[]) => boolean;
  _transform: (this: WinstonLogger, info: unknown, ...args: unknown[]) => void;
}

const isInfo = (info: unknown): info is Info => typeof info === 'object' && info !== null;

/** The level of an info; undefined if the logger's level rejects it, even if a transport's level accepts it. */
function enabledLevel({ level, levels }: WinstonLogger, info: Info): string | undefined {
  try {
    const name = String(info[levelSymbol] ?? info['level']);
    const [priority, maxPriority] = [levels[name], levels[level]];
    return priority !== undefined && maxPriority !== undefined && priority <= maxPriority ? name : undefined;
  } catch (error) {
    deliveryStats.records.refused++;
    diag.error(`failed to emit a log record of winston: ${errorDetails(error)}`);
    return undefined;
  }
}

/** Adds the ids of the active span to an info, if it is extensible. */
function addIds(info: Info, within: Context): void {
  try {
    if (Object.isExtensible(info)) Object.assign(info, getTraceIds(within));
  } catch (error) {
    diag.error(`failed to add trace ids to an info of winston: ${errorDetails(error)}`);
  }
}

/** The class name at the start of a stack, as in `TypeError: no such thing`. */
function errorClassName(stack: string): string {
  const start = stack.slice(0, Math.max(0, stack.indexOf(':')));
  return start === '' || start.includes('\n') || start.includes(' ') ? 'Error' : start;
}

/** Maps errors under their usual keys, or spread over the info by `format.errors()` or winston, to exception fields. */
function mapErrors(members: Record<string, unknown>, { name, message, stack }: Info): void {
  for (const key of ['error', 'err']) mapException(members, key);
  if (typeof stack !== 'string') return;
  members['stack'] = { name: typeof name === 'string' ? name : errorClassName(stack), message, stack };
  delete members['name'];
  mapException(members, 'stack');
}

function record(info: Info, level: string, hasIds: boolean): LogRecord {
  const all = readMembers(info);
  const { level: _level, message, ...members } = all;
  // The record has them as its own fields.
  if (hasIds) for (const name of ids) delete members[name];
  mapErrors(members, all);
  const severityNumber = severityByName(level);
  return {
    ...(severityNumber !== undefined && { severityNumber }),
    severityText: level,
    body: message,
    attributes: members,
  };
}

const ids = ['trace_id', 'span_id', 'trace_flags'] as const;

/**
 * Bridges one copy of winston: all loggers of a class. Records are created from infos after the logger's format. The list of
 * transports is not changed.
 */
export function bridgeWinston(Logger: { readonly prototype: object }, options: BridgeOptions): void {
  const bridge = new Bridge('winston');
  const owner = Logger.prototype as WinstonLogger;
  const { write, push, _transform: transform } = owner;
  // A logger with slow transports formats an info after `write` has returned.
  const contexts = new WeakMap<Info, Context>();
  let current: Context | undefined;
  owner.write = function writeInContext(this: WinstonLogger, info, ...args) {
    if (isInfo(info)) {
      const within = context.active();
      contexts.set(info, within);
      if (options.traceIds) addIds(info, within);
    }
    return write.call(this, info, ...args);
  };
  // Formats may return a copy; nothing else runs between here and `push`.
  const transformInContext: typeof transform = function (info, ...args) {
    const outer = current;
    current = isInfo(info) ? contexts.get(info) : undefined;
    try {
      transform.call(this, info, ...args);
    } finally {
      current = outer;
    }
  };
  Reflect.set(owner, '_transform', transformInContext);
  owner.push = function pushAndRecord(this: WinstonLogger, info, ...args) {
    const level = options.capture && isInfo(info) ? enabledLevel(this, info) : undefined;
    if (level !== undefined) bridge.emit(() => record(info as Info, level, options.traceIds), current);
    return push.call(this, info, ...args);
  };
}
