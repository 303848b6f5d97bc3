import { type Context, context, type LogRecord } from '@opentelemetry/api';
import { Bridge, type BridgeOptions, type Members, recordable, traceIdsOf } from './bridge.ts';
import { nameException } from './exception-members.ts';
import { severityOfName } from './severity.ts';

const levelSymbol = Symbol.for('level');

/** Where an info keeps the context that it was written in: a logger with slow transports formats it later. */
const contextSymbol = Symbol.for('@sonde/otel context');

type Info = Record<string | symbol, unknown>;

/** The part of winston's `Logger` that infos pass: `write` as they come, `push` as the logger's format leaves them. */
interface WinstonLogger {
  readonly level: string;
  readonly levels: Readonly<Record<string, number | undefined>>;
  write: (this: WinstonLogger, info: unknown, ...more: unknown[]) => boolean;
  push: (this: WinstonLogger, info: unknown, ...more: unknown[]) => boolean;
}

const isInfo = (info: unknown): info is Info => typeof info === 'object' && info !== null;

/** What every record of the logger has to pass; a transport may ask for less. */
function passes({ level, levels }: WinstonLogger, name: string): boolean {
  const [given, most] = [levels[name], levels[level]];
  return given !== undefined && most !== undefined && given <= most;
}

/** The class that a stack begins with, as in `TypeError: no such thing`. */
function classIn(stack: string): string {
  const start = stack.slice(0, Math.max(0, stack.indexOf(':')));
  return start === '' || start.includes('\n') || start.includes(' ') ? 'Error' : start;
}

/** An error among the members: under its usual names, or spread over them by `format.errors()` or winston itself. */
function nameErrors(members: Record<string, unknown>, { name, message, stack }: Info): void {
  for (const key of ['error', 'err']) nameException(members, key);
  if (typeof stack !== 'string') return;
  members['stack'] = { name: typeof name === 'string' ? name : classIn(stack), message, stack };
  delete members['name'];
  nameException(members, 'stack');
}

function record(info: Info, level: string, hasIds: boolean): LogRecord {
  const { level: _level, message: _message, ...members } = info as Record<string, unknown>;
  // The record has them itself.
  if (hasIds) for (const name of ids) delete members[name];
  nameErrors(members, info);
  const attributes: Members = {};
  for (const name of Object.keys(members)) attributes[name] = recordable(members[name]);
  const severityNumber = severityOfName(level);
  return {
    ...(severityNumber !== undefined && { severityNumber }),
    severityText: level,
    body: recordable(info['message']),
    attributes,
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
  const { write, push } = owner;
  owner.write = function writeInContext(this: WinstonLogger, info, ...more) {
    if (isInfo(info) && Object.isExtensible(info)) {
      const within = context.active();
      Object.defineProperty(info, contextSymbol, { value: within, enumerable: true, configurable: true });
      if (options.traceIds) Object.assign(info, traceIdsOf(within));
    }
    return write.call(this, info, ...more);
  };
  owner.push = function pushAndRecord(this: WinstonLogger, info, ...more) {
    if (options.capture && isInfo(info)) {
      const level = String(info[levelSymbol] ?? info['level']);
      const within = info[contextSymbol] as Context | undefined;
      if (passes(this, level)) bridge.emit(() => record(info, level, options.traceIds), within);
    }
    return push.call(this, info, ...more);
  };
}
