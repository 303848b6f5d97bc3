const prefix = '@opentelemetry/instrumentation-';

/** Packages that replace an instrumentation of upstream. */
const successors: Readonly<Record<string, string>> = { '@fastify/otel': 'fastify' };

/** Instrumentations for browsers, which an application may have installed for its web pages. */
const forBrowsers: ReadonlySet<string> = new Set([
  'browser-navigation',
  'document-load',
  'fetch',
  'long-task',
  'user-interaction',
  'web-exception',
  'xml-http-request',
]);

/** Returns the name of a package in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`; undefined if it does not instrument Node.js. */
export function shortName(packageName: string): string | undefined {
  if (!packageName.startsWith(prefix)) return successors[packageName];
  const name = packageName.slice(prefix.length);
  return forBrowsers.has(name) ? undefined : name;
}
