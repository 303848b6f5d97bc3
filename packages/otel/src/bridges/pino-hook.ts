import { hostname } from 'node:os';
import { context, type LogRecord } from '@opentelemetry/api';

import { Bridge, type BridgeOptions, type Fields, getTraceIds } from './bridge.ts';
import { type AsJson, type PinoLogger, PinoInternals, type PinoSymbols } from './pino-internals.ts';
import { severityByNumber } from './severity.ts';
import { mapException, setMember } from '@sonde/sdk';

/** The content of a line after serializers, formatters and redaction. */
interface Content {
  readonly members: Readonly<Record<string, unknown>>;
  readonly message: unknown;
  /** JSON of redacted members: parsed values would lose the precision of large integers. */
  readonly texts: Record<string, () => string>;
}

/** Cached data of a logger. */
interface LoggerCache {
  /** Inherits from the logger, without serializers, formatters and redaction. */
  readonly writer: PinoLogger & { [key: symbol]: unknown };
  bindingsText: string | undefined;
  bindings: Fields;
}

/** Whether a binding is already part of the resource. */
const isInResource = (name: string, value: unknown): boolean =>
  (name === 'pid' && value === process.pid) || (name === 'hostname' && value === hostname());

/**
 * Creates log records where pino creates its lines. Serializers, formatters and redaction run once, and their result is
 * used for both the line and the record. Values that pino redacts appear in neither.
 */
class PinoHook {
  readonly #asJson: AsJson;
  readonly #internals: PinoInternals;
  readonly #options: BridgeOptions;
  readonly #bridge = new Bridge('pino');
  readonly #cache = new WeakMap<object, LoggerCache>();

  constructor(asJson: AsJson, internals: PinoInternals, options: BridgeOptions) {
    this.#asJson = asJson;
    this.#internals = internals;
    this.#options = options;
  }

  write(logger: PinoLogger, input: unknown, message: unknown, level: number, time: string): string {
    const content = this.#getContent(logger, input, message);
    const { writer } = this.#getCache(logger);
    writer[this.#internals.symbols.stringifiersSym] = content.texts;
    writer[this.#internals.symbols.chindingsSym] =
      `${this.#internals.bindingsText(logger) ?? ''}${this.#traceIds()}`;
    const line = this.#asJson.call(writer, content.members, content.message, level, time);
    if (this.#options.capture) this.#bridge.emit(() => this.#record(logger, content, level));
    return line;
  }

  /** The ids of the active span as a part of a line. */
  #traceIds(): string {
    const ids = this.#options.traceIds ? getTraceIds(context.active()) : undefined;
    if (ids === undefined) return '';
    return `,"trace_id":"${ids.trace_id}","span_id":"${ids.span_id}","trace_flags":"${ids.trace_flags}"`;
  }

  /** Processes the arguments in the same order as pino, so that the same errors are thrown. */
  #getContent(logger: PinoLogger, input: unknown, message: unknown): Content {
    const internals = this.#internals;
    const members: Record<string, unknown> = {};
    // No prototype: pino looks up every member name, such as `toString`.
    const texts = Object.create(null) as Content['texts'];
    const formatted = (internals.applyLogFormatter(logger, input) ?? {}) as Readonly<Record<string, unknown>>;
    for (const key in formatted) {
      // pino reads inherited members too before it skips them.
      const value = formatted[key];
      if (!Object.hasOwn(formatted, key) || value === undefined) continue;
      const clean = this.#clean(logger, key, value, texts);
      if (clean !== undefined) setMember(members, key, clean);
    }
    if (message === undefined) return { members, message, texts };
    const messageKey = internals.messageKey(logger);
    // pino writes a member of the same name first.
    const before = texts[messageKey];
    const clean = this.#clean(logger, messageKey, message, texts, 'undefined');
    const after = texts[messageKey];
    const isFirst = Object.hasOwn(members, messageKey);
    if (before !== undefined && after !== undefined && isFirst) {
      const inOrder = [before, after];
      texts[messageKey] = () => inOrder.shift()?.() ?? '';
    }
    return { members, message: clean, texts };
  }

  /** @param removedText the text that pino writes for a value that redaction removes; by default the member is omitted */
  #clean(
    logger: PinoLogger,
    key: string,
    value: unknown,
    texts: Content['texts'],
    removedText?: string,
  ): unknown {
    const serialize = this.#internals.serializer(logger, key);
    const serialized = serialize === undefined ? value : serialize(value);
    if (serialized === undefined || typeof serialized === 'function') return undefined;
    const redact = this.#internals.redaction(logger, key);
    if (redact === undefined) return serialized;
    const text = redact(serialized);
    if (text === undefined) {
      if (removedText === undefined) return undefined;
      texts[key] = () => removedText;
      return null;
    }
    texts[key] = () => text;
    return JSON.parse(text);
  }

  #getCache(logger: PinoLogger): LoggerCache {
    const known = this.#cache.get(logger);
    if (known !== undefined) return known;
    const { serializersSym, formattersSym } = this.#internals.symbols;
    const writer = Object.create(logger) as LoggerCache['writer'];
    writer[serializersSym] = Object.create(null) as object;
    writer[formattersSym] = { ...(logger[formattersSym] as object), log: undefined };
    const created = { writer, bindingsText: undefined, bindings: {} };
    this.#cache.set(logger, created);
    return created;
  }

  /** The bindings of a logger. pino stores them as redacted JSON; each part is parsed once. */
  #getBindings(logger: PinoLogger): Fields {
    const text = this.#internals.bindingsText(logger);
    if (text === undefined || text === '') return {};
    const cached = this.#getCache(logger);
    if (cached.bindingsText === text) return cached.bindings;
    const parent = Object.getPrototypeOf(logger) as PinoLogger;
    const above = this.#internals.bindingsText(parent);
    const isAdded = above !== undefined && text.startsWith(above);
    const added = JSON.parse(`{${text.slice((isAdded ? above.length : 0) + 1)}}`) as Fields;
    cached.bindings = isAdded ? { ...this.#getBindings(parent), ...added } : added;
    cached.bindingsText = text;
    return cached.bindings;
  }

  #record(logger: PinoLogger, { members, message }: Content, level: number): LogRecord {
    const internals = this.#internals;
    const messageKey = internals.messageKey(logger);
    const nestedKey = internals.nestedKey(logger);
    const attributes: Fields = {};
    for (const [name, value] of Object.entries(this.#getBindings(logger))) {
      if (!isInResource(name, value)) attributes[name] = value;
    }
    const fields: Fields = { ...members };
    const body = message ?? fields[messageKey];
    delete fields[messageKey];
    mapException(fields, internals.errorKey(logger));
    if (nestedKey === undefined) Object.assign(attributes, fields);
    else if (Object.keys(fields).length > 0) attributes[nestedKey] = fields;
    const label = logger.levels.labels[level];
    const severityNumber = severityByNumber(label, level);
    return { severityNumber, ...(label !== undefined && { severityText: label }), body, attributes };
  }
}

/** The prototype that defines the line function of all loggers of a copy of pino. */
function findOwner(logger: object, symbol: symbol): object {
  for (let at: object | null = logger; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, symbol)) return at;
  }
  throw new Error('no prototype of the logger defines asJson');
}

/**
 * Bridges one copy of pino: all its existing and future loggers.
 *
 * @param createLogger returns a logger of that copy, or the prototype of its loggers
 * @throws if the internals of this version are unknown
 */
export function bridgePino(
  createLogger: () => object,
  symbols: Partial<PinoSymbols>,
  options: BridgeOptions,
): void {
  const internals = new PinoInternals(symbols);
  const { asJsonSym } = internals.symbols;
  const owner = findOwner(createLogger(), asJsonSym) as Record<symbol, unknown>;
  const hook = new PinoHook(owner[asJsonSym] as AsJson, internals, options);
  owner[asJsonSym] = function asJson(
    this: PinoLogger,
    ...[members, message, level, time]: Parameters<AsJson>
  ) {
    return hook.write(this, members, message, level, time);
  };
}
