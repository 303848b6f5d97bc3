import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import {
  type Attributes,
  type Context,
  diag,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { activeContext, contextStore } from './context-store.ts';
import { describeFailure } from './failure.ts';

/** A message of a tracing channel: Node.js adds the outcome. */
export interface ChannelMessage {
  readonly error?: unknown;
  readonly result?: unknown;
}

/** The span of one operation. */
export interface OperationSpan {
  readonly name: string;
  readonly kind: SpanKind;
  /** Attributes of the span, and of the measurement if operations are measured. */
  readonly attributes: Attributes;
  /** Further attributes of the span, with too many values for a metric. */
  readonly details?: Attributes | undefined;
}

/** The spans of the messages of one tracing channel. */
export interface ChannelSpans<Message extends ChannelMessage> {
  /** The name of the channel: `mysql2:query`. */
  readonly channel: string;
  /** Describes the operation that starts. Undefined: it has no span, and only its caller's context is restored. */
  readonly describe: (message: Message, parent: Context) => OperationSpan | undefined;
  /** Attributes of the outcome. By default a failure has `error.type`. */
  readonly outcome?: (message: Message) => Attributes | undefined;
}

/** Records the metrics of operations. */
export interface OperationMetrics {
  /** @param attributes those of the span and of its outcome */
  record(seconds: number, attributes: Attributes, context: Context): void;
}

/** An operation that has started. */
interface Operation {
  readonly parent: Context;
  readonly context: Context;
  readonly span: Span | undefined;
  readonly attributes: Attributes | undefined;
  readonly startMs: number;
  isEnded: boolean;
}

/** Subscribes to one tracing channel: starts a span when an operation starts, and ends it when its outcome is known. */
export class ChannelSubscriber<Message extends ChannelMessage & object> {
  readonly #spans: ChannelSpans<Message>;
  readonly #tracer: () => Tracer;
  readonly #metrics: OperationMetrics | undefined;
  readonly #operations = new WeakMap<Message, Operation>();

  constructor(spans: ChannelSpans<Message>, tracer: () => Tracer, metrics?: OperationMetrics) {
    this.#spans = spans;
    this.#tracer = tracer;
    this.#metrics = metrics;
  }

  /** Subscribes to the channel. @returns unsubscribes */
  subscribe(): () => void {
    const channel: TracingChannel = tracingChannel(this.#spans.channel);
    const store = contextStore();
    const { start, asyncStart } = channel;
    start.bindStore(store, (message) => this.#start(message as Message));
    // A callback runs in the context of its caller, and not in that of the connection that calls it.
    asyncStart.bindStore(
      store,
      (message) => this.#operations.get(message as Message)?.parent ?? activeContext(),
    );
    // `end` and `asyncStart` may precede the outcome: graphql 17.0 publishes both before it.
    const onProgress = (message: unknown): void => {
      if (hasOutcome(message as Message)) this.#end(message as Message);
    };
    // Follows after a callback has run, which is no part of the operation.
    const onAsyncEnd = (message: unknown): void => this.#end(message as Message);
    const subscribers = { end: onProgress, asyncStart: onProgress, asyncEnd: onAsyncEnd };
    for (const [name, subscriber] of Object.entries(subscribers)) {
      channel[name as keyof typeof subscribers].subscribe(subscriber);
    }
    return () => {
      start.unbindStore(store);
      asyncStart.unbindStore(store);
      for (const [name, subscriber] of Object.entries(subscribers)) {
        channel[name as keyof typeof subscribers].unsubscribe(subscriber);
      }
    };
  }

  /** Returns the context of the operation. */
  #start(message: Message): Context {
    const parent = activeContext();
    try {
      const operation = this.#operations.get(message) ?? this.#begin(message, parent);
      this.#operations.set(message, operation);
      return operation.context;
    } catch (fault) {
      diag.error(`failed to record an operation of ${this.#spans.channel}`, fault);
      return parent;
    }
  }

  #begin(message: Message, parent: Context): Operation {
    const described = isTracingSuppressed(parent) ? undefined : this.#spans.describe(message, parent);
    const startMs = clock.now();
    if (described === undefined) {
      return { parent, context: parent, span: undefined, attributes: undefined, startMs, isEnded: false };
    }
    const { attributes, details, kind, name } = described;
    const span = this.#tracer().startSpan(name, { kind, attributes: { ...attributes, ...details } }, parent);
    return { parent, context: trace.setSpan(parent, span), span, attributes, startMs, isEnded: false };
  }

  #end(message: Message): void {
    const operation = this.#operations.get(message);
    if (operation === undefined || operation.isEnded) return;
    operation.isEnded = true;
    const { attributes, context, span, startMs } = operation;
    if (span === undefined || attributes === undefined) return;
    try {
      const outcome = this.#outcome(message);
      if (outcome !== undefined) {
        span.setAttributes(outcome);
        // Without a description: messages of databases contain values.
        if (outcome[ATTR_ERROR_TYPE] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      }
      this.#metrics?.record((clock.now() - startMs) / 1000, { ...attributes, ...outcome }, context);
    } catch (fault) {
      diag.error(`failed to record an operation of ${this.#spans.channel}`, fault);
    }
    span.end();
  }

  #outcome(message: Message): Attributes | undefined {
    const { outcome } = this.#spans;
    if (outcome !== undefined) return outcome(message);
    const { error } = message;
    return error === undefined || error === null ? undefined : describeFailure(error);
  }
}

/** Whether Node.js has set the outcome, which may be undefined. */
const hasOutcome = (message: object): boolean => 'result' in message || 'error' in message;
