import type { Attributes } from '@opentelemetry/api';
import type { Scheme } from './origin.ts';
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

/** Attributes by the values of their names, one after the other. */
class Branch {
  readonly next = new Map<Value, Branch>();
  attributes: Attributes | undefined;
}

const root = new Branch();
let size = 0;

/** The same frozen object for the same values; what is undefined or empty is left out. Bounded: names of errors are not. */
export function routeAttributes(
  ...values: readonly [method: string, scheme: Scheme, ...Value[]]
): Attributes {
  let branch: Branch | undefined = root;
  for (const value of values) {
    branch = branch.next.get(value) ?? (size < 10_000 ? grown(branch, value) : new Branch());
  }
  return (branch.attributes ??= attributesOf(values));
}

function grown({ next }: Branch, value: Value): Branch {
  const branch = new Branch();
  next.set(value, branch);
  size++;
  return branch;
}

function attributesOf(values: readonly Value[]): Attributes {
  const given = names.map((name, index) => [name, values[index]]).filter(([, value]) => value);
  return Object.freeze(Object.fromEntries(given));
}
