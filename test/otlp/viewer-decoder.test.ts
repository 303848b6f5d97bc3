import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type EncodedRequest, encodeLogs, encodeMetrics, encodeTraces, otlpJson } from '@sonde/exporters';
import { decode } from '../../packages/dev/src/otlp/decode.ts';
import { Random } from '../support/random.ts';
import { origins, record, resourceMetrics, span } from './random-telemetry.ts';

const batches = Number(process.env['SONDE_FUZZ_BATCHES'] ?? 200);
const firstSeed = Number(process.env['SONDE_FUZZ_SEED'] ?? 1);
type Signal = 'traces' | 'logs' | 'metrics';

/** A random request of a signal; undefined where there is nothing to send. */
function randomRequest(signal: Signal, random: Random): EncodedRequest | undefined {
  const from = origins(random);
  if (signal === 'traces')
    return encodeTraces(Array.from({ length: 1 + random.below(6) }, () => span(random, from)));
  if (signal === 'logs')
    return encodeLogs(Array.from({ length: 1 + random.below(6) }, () => record(random, from)));
  const encoded = encodeMetrics(resourceMetrics(random));
  return encoded.count === 0 ? undefined : encoded;
}

/** The decoded values, as plain data. A zero has no sign in JSON, and an empty list need not be written. */
function shown(signal: Signal, encoding: 'protobuf' | 'json', body: Uint8Array): unknown {
  return JSON.parse(
    JSON.stringify(decode(signal, encoding, body), (key, value) =>
      key === 'values' && Array.isArray(value) && value.length === 0 ? undefined : value,
    ),
  );
}

for (const signal of ['traces', 'logs', 'metrics'] as const) {
  suite(`the viewer's decoder of ${signal}`, () => {
    test('reads the same from both encodings of random telemetry, and all of it', () => {
      for (let seed = firstSeed; seed < firstSeed + batches; seed++) {
        const request = randomRequest(signal, new Random(seed));
        if (request === undefined) continue;
        const message = `SONDE_FUZZ_SEED=${seed} SONDE_FUZZ_BATCHES=1`;
        const { items, decoded } = decode(signal, 'protobuf', request.body);
        assert.equal(items + decoded.rejected, request.count, message);
        const json = Buffer.from(otlpJson(signal, request.body));
        assert.deepEqual(shown(signal, 'json', json), shown(signal, 'protobuf', request.body), message);
      }
    });

    test('reads damaged requests to an end, or refuses them with a RangeError', () => {
      for (let seed = firstSeed; seed < firstSeed + batches; seed++) {
        const random = new Random(seed);
        const body = randomRequest(signal, random)?.body.slice() ?? new Uint8Array();
        for (let damage = 0; damage < 10; damage++) {
          if (random.once(2)) body[random.below(body.length)] = random.below(256);
          const damaged = random.once(3) ? body.subarray(0, random.below(body.length)) : body;
          try {
            decode(signal, 'protobuf', damaged);
          } catch (error) {
            assert.ok(error instanceof RangeError, `SONDE_FUZZ_SEED=${seed}: ${(error as Error).stack}`);
          }
        }
      }
    });
  });
}
