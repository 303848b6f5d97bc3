import type { Attributes } from '@opentelemetry/api';
import type { Scheme } from './origin.ts';
import { Node } from './trie.ts';
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
const root = new Node<Attributes, Value>();
let size = 0;

/** The same frozen object for the same values; what is undefined or empty is left out. Bounded: names of errors are not. */
export function routeAttributes(
  ...values: readonly [method: string, scheme: Scheme, ...Value[]]
): Attributes {
  let node = root;
  for (const value of values) {
    let next = node.get(value);
    if (!next) {
      next = new Node();
      if (size++ < 10_000) node.set(value, next);
    }
    node = next;
  }
  return (node.leaf ??= attributesOf(values));
}

function attributesOf(values: readonly Value[]): Attributes {
  const given = names.map((name, index) => [name, values[index]]).filter(([, value]) => value);
  return Object.freeze(Object.fromEntries(given));
}
