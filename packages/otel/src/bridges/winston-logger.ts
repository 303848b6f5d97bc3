import { type Context, context, diag, type LogRecord } from '@opentelemetry/api';

import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { Bridge, type BridgeOptions, getTraceIds } from './bridge.ts';
import { severityByName } from './severity.ts';
import { errorDetails, mapException, readMembers } from '@sonde/sdk';

const levelSymbol = Symbol.for('level');

type Info = Record<string | symbol, unknown>;

/** The part of winston's `Logger` that infos pass: `write` as they come, `push` as the logger's format leaves them. */
interface WinstonLogger {
  readonly level: string;
  readonly levels: Readonly<Record<string, number | undefined>>;
  write: (this: WinstonLogger, info: unknown, ...more: unknown[]) => boolean;
  push: (this: WinstonLogger, info: unknown, ...more: unknown[]) => boolean;
  _transform: (this: WinstonLogger, info: unknown, ...more: unknown[]) => void;
}

const isInfo = (info: unknown): info is Info => typeof info === 'object' && info !== null;

/** The level of an info; undefined when the logger does not let it pass, which it must although a transport may. */
function levelOf({ level, levels }: WinstonLogger, info: Info): string | undefined {
  try {
    const name = String(info[levelSymbol] ?? info['level']);
    const [given, most] = [levels[name], levels[level]];
    return given !== undefined && most !== undefined && given <= most ? name : undefined;
  } catch (error) {
    deliveryStats.records.refused++;
    diag.error(`A log record of winston was lost: ${errorDetails(error)}`);
    return undefined;
  }
}

/** Adds the ids of the active span to an info, where it takes them. */
function addIds(info: Info, within: Context): void {
  try {
    if (Object.isExtensible(info)) Object.assign(info, getTraceIds(within));
  } catch (error) {
    diag.error(`The ids of a span could not be added to an info of winston: ${errorDetails(error)}`);
  }
}

/** The class that a stack begins with, as in `TypeError: no such thing`. */
function errorClassName(stack: string): string {
  const start = stack.slice(0, Math.max(0, stack.indexOf(':')));
  return start === '' || start.includes('\n') || start.includes(' ') ? 'Error' : start;
}

/** An error among the members: under its usual names, or spread over them by `format.errors()` or winston itself. */
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
  // The record has them itself.
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
 * Bridges one copy of winston: all loggers of a class. An info is an object already, and what the logger's format
 * leaves of it becomes the record. The list of transports stays the application's own.
 */
export function bridgeWinston(Logger: { readonly prototype: object }, options: BridgeOptions): void {
  const bridge = new Bridge('winston');
  const owner = Logger.prototype as WinstonLogger;
  const { write, push, _transform: transform } = owner;
  // A logger with slow transports formats an info later than it was written.
  const contexts = new WeakMap<Info, Context>();
  let current: Context | undefined;
  owner.write = function writeInContext(this: WinstonLogger, info, ...more) {
    if (isInfo(info)) {
      const within = context.active();
      contexts.set(info, within);
      if (options.traceIds) addIds(info, within);
    }
    return write.call(this, info, ...more);
  };
  // Formats may give a copy: between here and `push` nothing else runs.
  const transformInContext: typeof transform = function (info, ...more) {
    const outer = current;
    current = isInfo(info) ? contexts.get(info) : undefined;
    try {
      transform.call(this, info, ...more);
    } finally {
      current = outer;
    }
  };
  Reflect.set(owner, '_transform', transformInContext);
  owner.push = function pushAndRecord(this: WinstonLogger, info, ...more) {
    const level = options.capture && isInfo(info) ? levelOf(this, info) : undefined;
    if (level !== undefined) bridge.emit(() => record(info as Info, level, options.traceIds), current);
    return push.call(this, info, ...more);
  };
}
