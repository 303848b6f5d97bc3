import {
  type Attributes,
  context as contextApi,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import {
  ATTR_ERROR_TYPE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  METRIC_RPC_CLIENT_CALL_DURATION,
  RPC_SYSTEM_NAME_VALUE_GRPC,
} from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { ClientInstrumentation } from '../client-instrumentation.ts';
import { FrameworkHook } from '../frameworks/framework-hook.ts';
import { grpcMethod, grpcStatus, isOtlp, traceGrpc } from './grpc.ts';
import { reportFault } from './stream-events.ts';

/** The methods of clients that start a call. */
const callMethods = [
  'makeUnaryRequest',
  'makeClientStreamRequest',
  'makeServerStreamRequest',
  'makeBidiStreamRequest',
] as const;

/** The methods that return the arguments of a call, which are optional. */
const argumentMethods = ['checkOptionalUnaryResponseArguments', 'checkMetadataAndOptions'] as const;

interface Metadata {
  clone(): Metadata;
  set(key: string, value: string): void;
}

interface CheckedArguments {
  metadata: Metadata;
  callback?: (...args: unknown[]) => unknown;
}

interface Call {
  on(event: 'status', listener: (status: { readonly code: number }) => void): unknown;
}

interface Client {
  getChannel(): { getTarget(): string };
}

type Method = (this: Client, ...args: unknown[]) => unknown;

interface ClientModule {
  readonly Client: { readonly prototype: Record<string, Method> };
}

/** A call that its client has started. */
interface StartedCall {
  readonly span: Span;
  readonly startMs: number;
  readonly attributes: Attributes;
}

/**
 * Traces and measures the calls of clients of `@grpc/grpc-js`, however it is imported: clients inherit the methods.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export class GrpcClientInstrumentation extends ClientInstrumentation {
  /** The call whose arguments are being checked. */
  #starting: StartedCall | undefined;

  constructor() {
    super('@sonde/instrumentation-grpc', [METRIC_RPC_CLIENT_CALL_DURATION, 'Duration of outbound calls.']);
  }

  enable(): void {
    this.isEnabled = true;
    traceGrpc(true);
  }

  disable(): void {
    this.isEnabled = false;
    traceGrpc(false);
  }

  /** Returns the hook of the package. */
  createHook(): FrameworkHook {
    return new FrameworkHook('grpc', [
      {
        file: '@grpc/grpc-js/build/src/client.js',
        versions: ['>=1.0.0 <2'],
        patch: (exports) => {
          const { prototype } = (exports as ClientModule).Client;
          for (const name of callMethods) this.#patchCall(prototype, name);
          for (const name of argumentMethods) this.#patchArguments(prototype, name);
          return exports;
        },
      },
    ]);
  }

  #patchCall(prototype: Record<string, Method>, name: string): void {
    const original = prototype[name];
    if (original === undefined) return;
    const begin = (client: Client, path: unknown): StartedCall | undefined => {
      try {
        return this.isEnabled ? this.#start(client, path) : undefined;
      } catch (fault) {
        reportFault(fault);
        return undefined;
      }
    };
    const setStarting = (call: StartedCall | undefined): void => void (this.#starting = call);
    const end = (call: StartedCall, status: string): void => this.#end(call, status);
    prototype[name] = function (...args) {
      const started = begin(this, args[0]);
      if (started === undefined) return Reflect.apply(original, this, args);
      setStarting(started);
      try {
        const call = Reflect.apply(original, this, args) as Call;
        call.on('status', ({ code }) => end(started, grpcStatus(code) ?? 'UNKNOWN'));
        return call;
      } catch (error) {
        end(started, 'UNKNOWN');
        throw error;
      } finally {
        setStarting(undefined);
      }
    };
  }

  /** Adds the trace context to the metadata of a call, and lets its callback run in the context of the caller. */
  #patchArguments(prototype: Record<string, Method>, name: string): void {
    const original = prototype[name];
    if (original === undefined) return;
    const inject = (checked: CheckedArguments): void => {
      const started = this.#starting;
      if (started === undefined) return;
      this.#starting = undefined;
      const parent = contextApi.active();
      const metadata = checked.metadata.clone();
      propagation.inject(trace.setSpan(parent, started.span), metadata, {
        set: (carrier, key, value) => carrier.set(key, value),
      });
      checked.metadata = metadata;
      if (checked.callback !== undefined) checked.callback = contextApi.bind(parent, checked.callback);
    };
    prototype[name] = function (...args) {
      const checked = Reflect.apply(original, this, args) as CheckedArguments;
      try {
        inject(checked);
      } catch (fault) {
        reportFault(fault);
      }
      return checked;
    };
  }

  #start(client: Client, path: unknown): StartedCall | undefined {
    const parent = contextApi.active();
    if (typeof path !== 'string' || isTracingSuppressed(parent) || isOtlp(path)) return undefined;
    const method = grpcMethod(path);
    const attributes: Attributes = {
      [ATTR_RPC_SYSTEM_NAME]: RPC_SYSTEM_NAME_VALUE_GRPC,
      [ATTR_RPC_METHOD]: method,
      ...targetAttributes(client.getChannel().getTarget()),
    };
    const span = this.tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent);
    return { span, startMs: clock.now(), attributes };
  }

  #end({ attributes, span, startMs }: StartedCall, status: string): void {
    const isFailed = status !== 'OK';
    const outcome = { [ATTR_RPC_STATUS_CODE]: status, ...(isFailed ? { [ATTR_ERROR_TYPE]: status } : {}) };
    span.setAttributes(outcome);
    // Without a description: details of a status may contain values.
    if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
    const endMs = clock.now();
    this.duration.record((endMs - startMs) / 1000, { ...attributes, ...outcome });
    span.end(endMs);
  }
}

/** Returns the server of a target such as `dns:localhost:50051`. */
function targetAttributes(target: string): Attributes {
  const [, host, port] = /^(?:[a-z][a-z\d+.-]*:(?:\/\/[^/]*\/)?)?(.+?)(?::(\d+))?$/.exec(target) ?? [];
  if (host === undefined) return {};
  const address = host.replaceAll(/^\[|\]$/g, '');
  return {
    [ATTR_SERVER_ADDRESS]: address,
    ...(port === undefined ? {} : { [ATTR_SERVER_PORT]: Number(port) }),
  };
}
