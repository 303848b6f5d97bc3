const prefix = '@opentelemetry/instrumentation-';

/** Instrumentations under another name, which their packages have made the successors of upstream's. */
const successors: Readonly<Record<string, string>> = { '@fastify/otel': 'fastify' };

/** For web pages: an application that renders pages may have them installed, and they do nothing here. */
const forBrowsers: ReadonlySet<string> = new Set([
  'browser-navigation',
  'document-load',
  'fetch',
  'long-task',
  'user-interaction',
  'web-exception',
  'xml-http-request',
]);

/** The name in `OTEL_NODE_ENABLED_INSTRUMENTATIONS` for a package; undefined when it instruments nothing in Node.js. */
export function shortName(packageName: string): string | undefined {
  if (!packageName.startsWith(prefix)) return successors[packageName];
  const name = packageName.slice(prefix.length);
  return forBrowsers.has(name) ? undefined : name;
}
