/** Symbols of pino's internal logger members, which it exports as `pino.symbols`. */
export interface PinoSymbols {
  readonly asJsonSym: symbol;
  readonly chindingsSym: symbol;
  readonly serializersSym: symbol;
  readonly stringifiersSym: symbol;
  readonly stringifySafeSym: symbol;
  readonly wildcardFirstSym: symbol;
  readonly formattersSym: symbol;
  readonly messageKeySym: symbol;
  readonly nestedKeySym: symbol;
  /** Absent in versions that always use the key `err`. */
  readonly errorKeySym?: symbol;
}

const requiredSymbols: readonly (keyof PinoSymbols)[] = [
  'asJsonSym',
  'chindingsSym',
  'serializersSym',
  'stringifiersSym',
  'stringifySafeSym',
  'wildcardFirstSym',
  'formattersSym',
  'messageKeySym',
  'nestedKeySym',
];

type Convert = (value: unknown) => unknown;
type Stringify = (value: unknown, safe: unknown) => string | undefined;

/** A pino logger with its internal members. */
export interface PinoLogger {
  readonly levels: { readonly labels: Readonly<Record<number, string | undefined>> };
  readonly [key: symbol]: unknown;
}

/** pino's function that creates an output line. */
export type AsJson = (
  this: PinoLogger,
  members: unknown,
  message: unknown,
  level: number,
  time: string,
) => string;

/** Reads the internal members of loggers of one copy of pino. */
export class PinoInternals {
  readonly #symbols: PinoSymbols;

  /** @throws if this version of pino lacks a symbol */
  constructor(symbols: Partial<PinoSymbols>) {
    const missing = requiredSymbols.filter((name) => typeof symbols[name] !== 'symbol');
    if (missing.length > 0) throw new Error(`pino.symbols lacks ${missing.join(', ')}`);
    this.#symbols = symbols as PinoSymbols;
  }

  get symbols(): PinoSymbols {
    return this.#symbols;
  }

  /** The serialized bindings of a logger: `,"pid":1,"tenant":"a"`. */
  bindingsText(logger: PinoLogger): string | undefined {
    return logger[this.#symbols.chindingsSym] as string | undefined;
  }

  serializer(logger: PinoLogger, key: string): Convert | undefined {
    const serializers = logger[this.#symbols.serializersSym] as Readonly<Record<string, Convert | undefined>>;
    const own = serializers[key];
    if (own !== undefined) return (value) => serializers[key]?.(value);
    const isError = key === this.errorKey(logger) && serializers['err'] !== undefined;
    return isError ? (value) => serializers['err']?.(value) : undefined;
  }

  /** The redacting stringifier of a member; undefined if the member is not redacted. */
  redaction(logger: PinoLogger, key: string): ((value: unknown) => string | undefined) | undefined {
    const { stringifiersSym, wildcardFirstSym, stringifySafeSym } = this.#symbols;
    const stringifiers = logger[stringifiersSym] as Readonly<Record<string | symbol, Stringify | undefined>>;
    const stringify = stringifiers[key] ?? stringifiers[wildcardFirstSym];
    if (stringify === undefined) return undefined;
    return (value) => stringify(value, logger[stringifySafeSym]);
  }

  /** Applies `formatters.log` to the members. */
  applyLogFormatter(logger: PinoLogger, members: unknown): unknown {
    const formatters = logger[this.#symbols.formattersSym] as { log?: Convert };
    return formatters.log === undefined ? members : formatters.log(members);
  }

  messageKey(logger: PinoLogger): string {
    return logger[this.#symbols.messageKeySym] as string;
  }

  errorKey(logger: PinoLogger): string {
    const { errorKeySym } = this.#symbols;
    return errorKeySym === undefined ? 'err' : (logger[errorKeySym] as string);
  }

  nestedKey(logger: PinoLogger): string | undefined {
    return (logger[this.#symbols.nestedKeySym] as string | null) ?? undefined;
  }
}
