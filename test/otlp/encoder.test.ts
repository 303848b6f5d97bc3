import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import {
  type EncodedRequest,
  encodeLogs,
  encodeMetrics,
  encodeTraces,
  otlpJson,
  OtlpLogExporter,
  OtlpTraceExporter,
} from '@sonde/exporters';
import { decoders, fromOtlpJson } from '../support/otlp-decoder.ts';
import { Random } from '../support/random.ts';
import { origins, record, resourceMetrics, span } from './random-telemetry.ts';

const batches = Number(process.env['SONDE_FUZZ_BATCHES'] ?? 100);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);
type Signal = keyof typeof decoders;

/** A message as an object with defaults for absent fields, so that an explicit 0 makes no difference. */
function decoded(signal: Signal, body: Uint8Array): object {
  const decoder = decoders[signal];
  return shown(signal, decoder.decode(body));
}

function shown(signal: Signal, message: object): object {
  return decoders[signal].toObject(message, { longs: String, bytes: String, defaults: true, oneofs: true });
}

/** Asserts that both encodings are equal to the message of the upstream encoder. */
function assertSame(
  signal: Signal,
  ours: EncodedRequest,
  upstream: Uint8Array | undefined,
  seed: number,
): void {
  const message = `SONDE_FUZZ_SEED=${seed} SONDE_FUZZ_BATCHES=1`;
  const expected = decoded(signal, upstream ?? new Uint8Array());
  assert.equal(ours.unencodable, 0, message);
  assert.deepEqual(decoded(signal, ours.body), expected, message);
  const json = decoders[signal].fromObject(fromOtlpJson(otlpJson(signal, ours.body)));
  assert.equal(unsigned(shown(signal, json)), unsigned(expected), `as JSON: ${message}`);
}

/** A message as text without the sign of zero, which JSON does not have. */
function unsigned(message: object): string {
  return JSON.stringify(message, (_key, value) => (typeof value === 'number' ? String(value) : value));
}

/** An exporter that encodes a batch incrementally. */
interface BatchExporter<T> {
  createBatch(): { readonly length: number; add(items: readonly T[]): void };
  requests(batch: never): readonly { readonly body: Uint8Array }[];
}

/** Encodes items a few at a time. */
function inPieces<T>(
  exporter: BatchExporter<T>,
  items: readonly T[],
  random: Random,
): Uint8Array | undefined {
  const message = exporter.createBatch();
  for (let from = 0; from < items.length;) {
    const to = from + 1 + random.below(3);
    message.add(items.slice(from, to));
    from = to;
  }
  assert.equal(message.length, items.length);
  const body = exporter.requests(message as never)[0]?.body;
  assert.throws(() => message.add(items), /complete/);
  assert.equal(exporter.requests(message as never)[0]?.body, body, 'the same when it is asked for again');
  return body;
}

suite('random telemetry decodes to the same message as upstream', () => {
  const each = (check: (random: Random, seed: number) => void): void => {
    for (let seed = firstSeed; seed < firstSeed + batches; seed++) check(new Random(seed), seed);
  };

  test('spans', { timeout: 120_000 }, () => {
    each((random, seed) => {
      const from = origins(random);
      const spans = Array.from({ length: 1 + random.below(6) }, () => span(random, from));
      const encoded = encodeTraces(spans);
      assert.equal(encoded.count, spans.length);
      assertSame('traces', encoded, ProtobufTraceSerializer.serializeRequest(spans), seed);
      assert.deepEqual(inPieces(new OtlpTraceExporter(), spans, random), encoded.body);
    });
  });

  test('log records', { timeout: 120_000 }, () => {
    each((random, seed) => {
      const from = origins(random);
      const records = Array.from({ length: 1 + random.below(6) }, () => record(random, from));
      const encoded = encodeLogs(records);
      assert.equal(encoded.count, records.length);
      assertSame('logs', encoded, ProtobufLogsSerializer.serializeRequest(records), seed);
      assert.deepEqual(inPieces(new OtlpLogExporter(), records, random), encoded.body);
    });
  });

  test('metrics', { timeout: 120_000 }, () => {
    each((random, seed) => {
      const metrics = resourceMetrics(random);
      const encoded = encodeMetrics(metrics);
      // A message without any point is not worth sending.
      if (encoded.count === 0) assert.equal(encoded.body.length, 0);
      else assertSame('metrics', encoded, ProtobufMetricsSerializer.serializeRequest(metrics), seed);
    });
  });
});

test('strings and keys of any length decode to the same message as upstream', () => {
  const random = new Random(1);
  const from = origins(random);
  const some = ['a', 'b', 'é', '😀'].flatMap((letter) =>
    Array.from({ length: 70 }, (_each, length) => letter.repeat(length)),
  );
  const texts = [...some, ...some.toReversed()];
  const numbers = [true, 0, -0, -1, 127, 128, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 0.5];
  const records = texts.map((text, index) => {
    const attributes = { [`name.${text}`]: text, [text]: numbers[index % numbers.length] };
    return Object.assign(record(random, from), { body: text, severityText: text, attributes });
  });
  assertSame('logs', encodeLogs(records), ProtobufLogsSerializer.serializeRequest(records), 1);
});
