import type { Attributes, Logger, LoggerOptions, LoggerProvider, LogRecord } from '@opentelemetry/api';
import { warnScopeLimit } from '../diagnostics/notice.ts';
import { ScopeLimit } from './scope-limit.ts';
import {
  convertAttributes,
  type DropCounter,
  errorText,
  isPlainValue,
  readMembers,
  readScope,
  readScopeAttributes,
  toIdentifier,
  ValueConverter,
} from '@sonde/sdk';

const noLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/** Whether all attributes can be encoded without conversion. @throws if a getter throws */
function arePlain(attributes: Attributes | undefined): boolean {
  for (const key in attributes) if (!isPlainValue(attributes[key])) return false;
  return true;
}

/** Converts a record to values that the upstream logger accepts. Returns the same record if no value needs it. */
function convertRecord(original: LogRecord): LogRecord {
  if (hasPlainFields(original) && isPlainValue(original.body) && hasPlainAttributes(original))
    return original;
  const record = readMembers(original) as LogRecord;
  const converter = new ValueConverter({ keepsInt64: false });
  const body = converter.convert(record.body);
  const { attributes } = convertAttributes(record.attributes, noLimits, converter);
  const { severityNumber, severityText, eventName, exception, ...rest } = record;
  return {
    ...rest,
    ...(typeof severityNumber === 'number' ? { severityNumber } : {}),
    ...textField('severityText', severityText),
    ...textField('eventName', eventName),
    ...(exception === undefined
      ? {}
      : { exception: Array.isArray(exception) ? errorText(exception) : exception }),
    body,
    attributes,
  };
}

function textField<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: string } {
  const text = toIdentifier(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [Key in Name]?: string };
}

/** Whether the severity and the name of the event have the types of the API. */
function hasPlainFields({ severityNumber, severityText, eventName, exception }: LogRecord): boolean {
  return (
    !Array.isArray(exception) &&
    (severityNumber === undefined || typeof severityNumber === 'number') &&
    (severityText === undefined || typeof severityText === 'string') &&
    (eventName === undefined || typeof eventName === 'string')
  );
}

function hasPlainAttributes({ attributes }: LogRecord): boolean {
  try {
    return arePlain(attributes);
  } catch {
    return false;
  }
}

/** Converts the values of records for the upstream logger, which drops other values. Never throws. */
class ConvertingLogger implements Logger {
  readonly #logger: Logger;
  readonly #dropCounter: DropCounter;

  constructor(logger: Logger, dropCounter: DropCounter) {
    this.#logger = logger;
    this.#dropCounter = dropCounter;
  }

  emit(record: LogRecord): void {
    try {
      this.#logger.emit(convertRecord(record));
    } catch (error) {
      this.#dropCounter.countItem(error);
    }
  }

  enabled(options?: Parameters<Logger['enabled']>[0]): boolean {
    try {
      return this.#logger.enabled(options);
    } catch {
      return true;
    }
  }
}

/** Makes the loggers of a provider accept values of every type. Returns the same provider. */
export function withConvertedValues<Provider extends LoggerProvider>(
  provider: Provider,
  dropCounter: DropCounter,
): Provider {
  const getLogger = provider.getLogger.bind(provider);
  const loggers = new WeakMap<Logger, Logger>();
  const scopes = new ScopeLimit((limit) => warnScopeLimit('loggers', limit));
  provider.getLogger = (name: string, version?: string, options?: LoggerOptions): Logger => {
    const given = readScopeAttributes(options, noLimits)?.attributes;
    const { schemaUrl, attributes, ...scope } = scopes.admit(readScope(name, version, options), given);
    const logger = getLogger(scope.name ?? '', scope.version, {
      ...(schemaUrl === undefined ? {} : { schemaUrl }),
      ...(attributes === undefined ? {} : { attributes }),
    });
    let converting = loggers.get(logger);
    if (converting === undefined)
      loggers.set(logger, (converting = new ConvertingLogger(logger, dropCounter)));
    return converting;
  };
  return provider;
}
