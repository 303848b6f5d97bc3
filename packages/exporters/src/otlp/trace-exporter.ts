import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Encoded } from './encoded.ts';
import { OtlpExporter } from './exporter.ts';
import { OtlpMessage } from './message.ts';
import type { OtlpOptions } from './options.ts';
import { encodeTraces, tracesMessage } from './traces.ts';

/**
 * Sends spans over OTLP/HTTP.
 *
 * @throws {SondeConfigError} for options that cannot be right, all faults in one
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @example
 * ```ts
 * const exporter = new OtlpTraceExporter({ url: 'http://localhost:4318/v1/traces' });
 * const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
 * ```
 */
export class OtlpTraceExporter
  extends OtlpExporter<readonly ReadableSpan[] | OtlpMessage<ReadableSpan>>
  implements SpanExporter
{
  constructor(options: OtlpOptions = {}) {
    super('traces', options);
  }

  /** A batch to be exported that is encoded while it is gathered. */
  message(): OtlpMessage<ReadableSpan> {
    return tracesMessage();
  }

  protected encode(spans: readonly ReadableSpan[] | OtlpMessage<ReadableSpan>): Encoded {
    return spans instanceof OtlpMessage ? spans.encoded : encodeTraces(spans);
  }
}
