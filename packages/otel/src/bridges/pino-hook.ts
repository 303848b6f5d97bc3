import { hostname } from 'node:os';
import { context, type LogRecord } from '@opentelemetry/api';

import { Bridge, type BridgeOptions, type Fields, getTraceIds } from './bridge.ts';
import { type AsJson, type PinoLogger, PinoInternals, type PinoSymbols } from './pino-internals.ts';
import { severityByNumber } from './severity.ts';
import { mapException, setMember } from '@sonde/sdk';

/** What a line is made of when serializers, formatters and redaction have done their work. */
interface Content {
  readonly members: Readonly<Record<string, unknown>>;
  readonly message: unknown;
  /** What stands in the line for members that redaction has seen: as a value, a large integer is not exact. */
  readonly texts: Record<string, () => string>;
}

/** What is kept for a logger between its lines. */
interface LoggerCache {
  /** The logger again, for which there is nothing left to serialize, to format or to redact. */
  readonly writer: PinoLogger & { [key: symbol]: unknown };
  bindingsText: string | undefined;
  bindings: Fields;
}

/** Says who speaks, as the resource does already. */
const isOfProcess = (name: string, value: unknown): boolean =>
  (name === 'pid' && value === process.pid) || (name === 'hostname' && value === hostname());

/**
 * Takes records from where pino makes a line of them: what the application's serializers, formatters and redaction
 * give, each asked once, becomes both the line and the record. What pino redacts is in neither.
 */
class PinoHook {
  readonly #asJson: AsJson;
  readonly #reader: PinoInternals;
  readonly #options: BridgeOptions;
  readonly #bridge = new Bridge('pino');
  readonly #kept = new WeakMap<object, LoggerCache>();

  constructor(asJson: AsJson, reader: PinoInternals, options: BridgeOptions) {
    this.#asJson = asJson;
    this.#reader = reader;
    this.#options = options;
  }

  write(logger: PinoLogger, given: unknown, message: unknown, level: number, time: string): string {
    const content = this.#getContent(logger, given, message);
    const { writer } = this.#getCache(logger);
    writer[this.#reader.symbols.stringifiersSym] = content.texts;
    writer[this.#reader.symbols.chindingsSym] = `${this.#reader.bindingsText(logger) ?? ''}${this.#ids()}`;
    const line = this.#asJson.call(writer, content.members, content.message, level, time);
    if (this.#options.capture) this.#bridge.emit(() => this.#record(logger, content, level));
    return line;
  }

  /** The ids of the active span as a part of a line. */
  #ids(): string {
    const ids = this.#options.traceIds ? getTraceIds(context.active()) : undefined;
    if (ids === undefined) return '';
    return `,"trace_id":"${ids.trace_id}","span_id":"${ids.span_id}","trace_flags":"${ids.trace_flags}"`;
  }

  /** Does what pino does with what it is given, in the same order: what throws then, throws now. */
  #getContent(logger: PinoLogger, given: unknown, message: unknown): Content {
    const reader = this.#reader;
    const members: Record<string, unknown> = {};
    // Without what all objects inherit: pino looks up every name of a member, such as `toString`.
    const texts = Object.create(null) as Content['texts'];
    const formatted = (reader.formatted(logger, given) ?? {}) as Readonly<Record<string, unknown>>;
    for (const key in formatted) {
      // Pino reads what is inherited, too, before it leaves it out.
      const value = formatted[key];
      if (!Object.hasOwn(formatted, key) || value === undefined) continue;
      const clean = this.#clean(logger, key, value, texts);
      if (clean !== undefined) setMember(members, key, clean);
    }
    if (message === undefined) return { members, message, texts };
    const messageKey = reader.messageKey(logger);
    // A member of the same name is written first.
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

  /** @param nothing the text that pino writes for a value that redaction leaves nothing of; else there is no member */
  #clean(
    logger: PinoLogger,
    key: string,
    value: unknown,
    texts: Content['texts'],
    nothing?: string,
  ): unknown {
    const serialize = this.#reader.serializer(logger, key);
    const serialized = serialize === undefined ? value : serialize(value);
    if (serialized === undefined || typeof serialized === 'function') return undefined;
    const redact = this.#reader.redaction(logger, key);
    if (redact === undefined) return serialized;
    const text = redact(serialized);
    if (text === undefined) {
      if (nothing === undefined) return undefined;
      texts[key] = () => nothing;
      return null;
    }
    texts[key] = () => text;
    return JSON.parse(text);
  }

  #getCache(logger: PinoLogger): LoggerCache {
    const known = this.#kept.get(logger);
    if (known !== undefined) return known;
    const { serializersSym, formattersSym } = this.#reader.symbols;
    const writer = Object.create(logger) as LoggerCache['writer'];
    writer[serializersSym] = Object.create(null) as object;
    writer[formattersSym] = { ...(logger[formattersSym] as object), log: undefined };
    const kept = { writer, bindingsText: undefined, bindings: {} };
    this.#kept.set(logger, kept);
    return kept;
  }

  /** What all records of a logger have. Pino keeps it as text, without secrets; each part of it is read once. */
  #getBindings(logger: PinoLogger): Fields {
    const text = this.#reader.bindingsText(logger);
    if (text === undefined || text === '') return {};
    const kept = this.#getCache(logger);
    if (kept.bindingsText === text) return kept.bindings;
    const parent = Object.getPrototypeOf(logger) as PinoLogger;
    const above = this.#reader.bindingsText(parent);
    const isAdded = above !== undefined && text.startsWith(above);
    const added = JSON.parse(`{${text.slice((isAdded ? above.length : 0) + 1)}}`) as Fields;
    kept.bindings = isAdded ? { ...this.#getBindings(parent), ...added } : added;
    kept.bindingsText = text;
    return kept.bindings;
  }

  #record(logger: PinoLogger, { members, message }: Content, level: number): LogRecord {
    const reader = this.#reader;
    const messageKey = reader.messageKey(logger);
    const nestedKey = reader.nestedKey(logger);
    const attributes: Fields = {};
    for (const [name, value] of Object.entries(this.#getBindings(logger))) {
      if (!isOfProcess(name, value)) attributes[name] = value;
    }
    const own: Fields = { ...members };
    const body = message ?? own[messageKey];
    delete own[messageKey];
    mapException(own, reader.errorKey(logger));
    if (nestedKey === undefined) Object.assign(attributes, own);
    else if (Object.keys(own).length > 0) attributes[nestedKey] = own;
    const label = logger.levels.labels[level];
    const severityNumber = severityByNumber(label, level);
    return { severityNumber, ...(label !== undefined && { severityText: label }), body, attributes };
  }
}

/** The object that all loggers of a copy of pino inherit its way of making lines from. */
function findOwner(logger: object, symbol: symbol): object {
  for (let at: object | null = logger; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, symbol)) return at;
  }
  throw new Error('it makes its lines elsewhere');
}

/**
 * Bridges one copy of pino, and all loggers that it has made or will make.
 *
 * @param makeLogger gives a logger of that copy, or what its loggers inherit from
 * @throws when that copy is none that is known
 */
export function bridgePino(
  makeLogger: () => object,
  symbols: Partial<PinoSymbols>,
  options: BridgeOptions,
): void {
  const reader = new PinoInternals(symbols);
  const { asJsonSym } = reader.symbols;
  const owner = findOwner(makeLogger(), asJsonSym) as Record<symbol, unknown>;
  const lines = new PinoHook(owner[asJsonSym] as AsJson, reader, options);
  owner[asJsonSym] = function asJson(
    this: PinoLogger,
    ...[members, message, level, time]: Parameters<AsJson>
  ) {
    return lines.write(this, members, message, level, time);
  };
}
