import type { AttributeList } from '../otlp/attribute-list.ts';

/** Values that are often read from a span's attributes, under current and older convention names. */
export interface SpanFacts {
  route: string | null;
  method: string | null;
  path: string | null;
  statusCode: number | null;
  category: 'http' | 'db' | 'messaging' | 'rpc' | 'internal';
  target: string | null;
}

/** The path of an absolute or relative address, without its query. */
function urlPath(address: string | undefined): string | null {
  if (address === undefined) return null;
  const start = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(address)?.[0].length ?? 0;
  const path = address.slice(start).split(/[?#]/, 1)[0] ?? '';
  return (path || '/').slice(0, 1024);
}

/**
 * Reads the facts of a span in one pass over its attributes.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */
export function readSpanFacts(attributes: AttributeList): SpanFacts {
  const facts: SpanFacts = {
    route: null,
    method: null,
    path: null,
    statusCode: null,
    category: 'internal',
    target: null,
  };
  const { keys, values } = attributes;
  let address: string | undefined;
  let server: string | null = null;
  for (let index = 0; index < keys.length; index++) {
    const value = values[index];
    const text = typeof value === 'string' ? value : undefined;
    switch (keys[index]) {
      case 'http.route':
        facts.route = text ?? null;
        break;
      case 'http.request.method':
      case 'http.method':
        facts.method = text ?? null;
        if (facts.category === 'internal') facts.category = 'http';
        break;
      case 'http.response.status_code':
      case 'http.status_code': {
        const code = Number(value);
        facts.statusCode = Number.isInteger(code) && Math.abs(code) < 100_000 ? code : null;
        break;
      }
      case 'url.path':
      case 'http.target':
      case 'url.full':
      case 'http.url':
        address ??= text;
        break;
      case 'db.system.name':
      case 'db.system':
        facts.category = 'db';
        facts.target = text ?? null;
        break;
      case 'messaging.system':
        facts.category = 'messaging';
        facts.target = text ?? null;
        break;
      case 'rpc.system.name':
      case 'rpc.system':
        facts.category = 'rpc';
        facts.target ??= text ?? null;
        break;
      case 'peer.service':
        server = text ?? null;
        break;
      case 'server.address':
      case 'net.peer.name':
        server ??= text ?? null;
        break;
      default:
    }
  }
  facts.path = urlPath(address);
  facts.target ??= server;
  return facts;
}
