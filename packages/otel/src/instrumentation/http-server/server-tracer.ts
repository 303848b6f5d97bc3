import {
  type Attributes,
  type Context,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { LeanTracer } from '@sonde/sdk';

const noopProvider = new ProxyTracerProvider().getDelegate();

/** Starts the spans of requests with the current tracer provider. */
export class ServerTracer {
  readonly #scope: readonly [name: string, version: string];
  #configured: TracerProvider = trace.getTracerProvider();
  #current: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  constructor(...scope: readonly [name: string, version: string]) {
    this.#scope = scope;
  }

  setProvider(provider: TracerProvider): void {
    this.#configured = provider;
  }

  /** @param describe creates the attributes, if the span is recorded */
  start(name: string, parent: Context, describe: () => Attributes): Span {
    const provider = this.#provider();
    if (this.#tracer === undefined || provider !== this.#current) {
      this.#current = provider;
      this.#tracer = provider.getTracer(...this.#scope);
    }
    const tracer = this.#tracer;
    if (tracer instanceof LeanTracer) return tracer.startSpan(name, kindOnly, parent, describe);
    if (provider === noopProvider) return tracer.startSpan(name, kindOnly, parent);
    return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: describe() }, parent);
  }

  #provider(): TracerProvider {
    const provider = this.#configured;
    return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  }
}

const kindOnly = { kind: SpanKind.SERVER };
