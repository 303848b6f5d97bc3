import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { OtlpExporter } from './exporter.ts';
import { type EncodedRequest, OtlpRequestBuilder } from './encode/request-builder.ts';
import type { OtlpOptions } from './options.ts';
import { encodeTraces, createTracesRequest } from './encode/traces.ts';

/**
 * Sends spans over OTLP/HTTP.
 *
 * @throws {SondeConfigError} that lists all invalid options
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 * @example
 * ```ts
 * const exporter = new OtlpTraceExporter({ url: 'http://localhost:4318/v1/traces' });
 * const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
 * ```
 */
export class OtlpTraceExporter
  extends OtlpExporter<readonly ReadableSpan[] | OtlpRequestBuilder<ReadableSpan>>
  implements SpanExporter
{
  constructor(options: OtlpOptions = {}) {
    super('traces', options);
  }

  /** Creates a batch that encodes items as they are added, to be passed to `export` in place of an array. */
  createBatch(): OtlpRequestBuilder<ReadableSpan> {
    return createTracesRequest(this.fullBytes);
  }

  protected encode(
    spans: readonly ReadableSpan[] | OtlpRequestBuilder<ReadableSpan>,
  ): readonly EncodedRequest[] {
    return [spans instanceof OtlpRequestBuilder ? spans.encoded : encodeTraces(spans)];
  }
}
