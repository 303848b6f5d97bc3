import type { Attributes, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';

/** Names of functions, packages and files have none of these; the first lines of a function do. */
const sourceText = /[(){}]|=>/;

/** Replaces source text at the start of a name such as `async (part) => { - route-handler`. */
function removeSourceText(name: string): string {
  if (!sourceText.test(name)) return name;
  const end = name.lastIndexOf(' - ');
  return `anonymous${end === -1 || sourceText.test(name.slice(end)) ? '' : name.slice(end)}`;
}

/** Names of spans are `handler - name of a plug-in`. */
function cleanName(name: string): string {
  const separator = name.indexOf(' - ');
  if (separator === -1) return removeSourceText(name);
  const start = separator + ' - '.length;
  return name.slice(0, start) + removeSourceText(name.slice(start));
}

const namesOfPlugins: ReadonlySet<string> = new Set(['hook.name', 'plugin.name']);

const cleanAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      namesOfPlugins.has(key) && typeof value === 'string' ? removeSourceText(value) : value,
    ]),
  );

function cleanOptions(options: SpanOptions | undefined): SpanOptions | undefined {
  return options?.attributes === undefined
    ? options
    : { ...options, attributes: cleanAttributes(options.attributes) };
}

const cleanTracer = (tracer: Tracer): Tracer => ({
  startSpan: (name, options, context) => tracer.startSpan(cleanName(name), cleanOptions(options), context),
  startActiveSpan: ((...args: Parameters<Tracer['startActiveSpan']>) =>
    tracer.startActiveSpan(...args)) as Tracer['startActiveSpan'],
});

/** The instrumentations of Fastify, which names a plug-in without a name by its first lines. */
export const namesPlugins: ReadonlySet<string> = new Set([
  '@fastify/otel',
  '@opentelemetry/instrumentation-fastify',
]);

/** Keeps the source text of plug-ins out of the spans of an instrumentation. */
export function removePluginSources(instrumentation: Instrumentation): void {
  const setTracerProvider = instrumentation.setTracerProvider.bind(instrumentation);
  instrumentation.setTracerProvider = (provider: TracerProvider) =>
    setTracerProvider({ getTracer: (...args) => cleanTracer(provider.getTracer(...args)) });
}
