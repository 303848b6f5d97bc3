import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from './semconv.ts';

const names = [
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_URL_SCHEME,
  ATTR_HTTP_ROUTE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_ERROR_TYPE,
];

type Value = string | number | undefined;

const maxKept = 10_000;
let kept = 0;

/**
 * What requests have in common whose method, scheme, route, status, protocol version and kind of error, in this order,
 * are the same, as far as they are known. It is made once, and bounded: what a client can make up is not kept without
 * end.
 */
export class Common {
  readonly #values: readonly Value[];
  readonly #next = new Map<Value, Common>();
  #attributes: Attributes | undefined;
  #spanName: string | undefined;

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  /** The same when one more is known. */
  with(value: Value): Common {
    return this.#next.get(value) ?? this.#grow(value);
  }

  /** Always the same frozen object; what is undefined or empty is left out. */
  get attributes(): Attributes {
    return (this.#attributes ??= attributesOf(this.#values));
  }

  /** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name */
  get spanName(): string {
    return (this.#spanName ??= spanNameOf(this.#values));
  }

  #grow(value: Value): Common {
    const more = new Common([...this.#values, value]);
    if (kept++ < maxKept) this.#next.set(value, more);
    return more;
  }
}

/** What all requests have in common. */
export const common: Common = new Common([]);

function attributesOf(values: readonly Value[]): Attributes {
  const given = names.map((name, index) => [name, values[index]]).filter(([, value]) => value);
  return Object.freeze(Object.fromEntries(given));
}

function spanNameOf([method, , route]: readonly Value[]): string {
  const verb = method === '_OTHER' ? 'HTTP' : method;
  return route ? `${verb} ${route}` : String(verb);
}
