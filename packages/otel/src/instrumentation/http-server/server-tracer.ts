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

/** Starts the spans of requests with whatever provider is in force. */
export class ServerTracer {
  readonly #scope: readonly [name: string, version: string];
  #given: TracerProvider = trace.getTracerProvider();
  #inForce: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  constructor(...scope: readonly [name: string, version: string]) {
    this.#scope = scope;
  }

  setProvider(provider: TracerProvider): void {
    this.#given = provider;
  }

  /** @param describe gives the attributes, when somebody wants them */
  start(name: string, parent: Context, describe: () => Attributes): Span {
    const provider = this.#provider();
    if (this.#tracer === undefined || provider !== this.#inForce) {
      this.#inForce = provider;
      this.#tracer = provider.getTracer(...this.#scope);
    }
    const tracer = this.#tracer;
    if (tracer instanceof LeanTracer) return tracer.startSpan(name, kindOnly, parent, describe);
    if (provider === noopProvider) return tracer.startSpan(name, kindOnly, parent);
    return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: describe() }, parent);
  }

  #provider(): TracerProvider {
    const given = this.#given;
    return given instanceof ProxyTracerProvider ? given.getDelegate() : given;
  }
}

const kindOnly = { kind: SpanKind.SERVER };
