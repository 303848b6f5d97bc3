import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ValueType } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { otlpJson } from '../encode/json.ts';
import { encodeMetrics } from '../encode/metrics.ts';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { itemName, splitRequest } from './split-request.ts';
import type { WaitingRequest } from './waiting-request.ts';

interface Scope {
  readonly name: string;
  readonly spans: readonly string[];
}

/** Creates a request of spans from the scopes of each resource. */
function traces(resources: readonly (readonly Scope[])[], padding = 100): WaitingRequest {
  const writer = new ProtobufWriter();
  let itemCount = 0;
  resources.forEach((scopes, index) => {
    writer.message(1, () => {
      writer.message(1, () => writer.uint(2, index + 1));
      for (const { name, spans } of scopes) {
        writer.message(2, () => {
          writer.message(1, () => writer.string(1, name));
          for (const span of spans) {
            itemCount++;
            writer.message(2, () => {
              writer.string(5, span);
              writer.string(3, 'x'.repeat(padding));
            });
          }
          writer.string(3, `schema of ${name}`);
        });
      }
      writer.string(3, `schema of ${index}`);
    });
  });
  return { signal: 'traces', endpoint: 'http://localhost/v1/traces', body: writer.finish(), itemCount };
}

interface ResourceSpans {
  readonly resource: { readonly droppedAttributesCount: number };
  readonly schemaUrl: string;
  readonly scopeSpans: readonly {
    readonly scope: { readonly name: string };
    readonly schemaUrl: string;
    readonly spans: readonly { readonly name: string }[];
  }[];
}

/** Decodes the spans of a request, with their resource, scope and schemas. */
function listSpans({ body }: WaitingRequest): string[] {
  const { resourceSpans } = JSON.parse(Buffer.from(otlpJson('traces', body)).toString()) as {
    readonly resourceSpans: readonly ResourceSpans[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans, schemaUrl }) =>
    scopeSpans.flatMap((group) =>
      group.spans.map(
        ({ name }) =>
          `${resource.droppedAttributesCount} ${schemaUrl} / ${group.scope.name} ${group.schemaUrl} / ${name}`,
      ),
    ),
  );
}

const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

suite('a request of spans', () => {
  const whole = traces([
    [
      { name: 'a', spans: names(10, 'a') },
      { name: 'b', spans: names(1, 'b') },
    ],
    [{ name: 'c', spans: names(7, 'c') }],
  ]);

  test('below the limit stays as it is', () => {
    assert.deepEqual(splitRequest(whole, whole.body.byteLength), [whole]);
  });

  for (const maxBytes of [1500, 700, 300]) {
    test(`is split into parts of at most ${maxBytes} bytes, with resource, scope and schema`, () => {
      const parts = splitRequest(whole, maxBytes);
      assert.ok(parts.length > 1);
      for (const part of parts) {
        assert.ok(part.body.byteLength <= maxBytes, `${part.body.byteLength} bytes`);
        assert.equal(part.itemCount, listSpans(part).length);
        assert.equal(part.endpoint, whole.endpoint);
      }
      assert.deepEqual(parts.flatMap(listSpans), listSpans(whole));
    });
  }

  test('down to one span, which may exceed the limit', () => {
    const parts = splitRequest(whole, 10);
    assert.equal(parts.length, whole.itemCount);
    assert.deepEqual(parts.flatMap(listSpans), listSpans(whole));
    const [single] = parts;
    assert.deepEqual(splitRequest(single!, 10), [single]);
    assert.equal(itemName(single!), 'a0');
  });

  test('that is malformed is not split', () => {
    const malformed = { ...whole, body: Buffer.from([0x0a, 0xff, 0xff, 0x01]) };
    assert.deepEqual(splitRequest(malformed, 1), [malformed]);
    assert.equal(itemName(malformed), '');
  });
});

test('a metric is split between its data points, with its name, temporality and unit', () => {
  const metrics = {
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    scopeMetrics: [
      {
        scope: { name: 'meter' },
        metrics: [
          {
            descriptor: {
              name: 'orders',
              description: '',
              unit: '{order}',
              valueType: ValueType.INT,
            },
            aggregationTemporality: AggregationTemporality.DELTA,
            dataPointType: DataPointType.SUM,
            isMonotonic: true,
            dataPoints: names(9, 'shop ').map((shop, value) => ({
              value,
              attributes: { shop },
              startTime: [1, 0],
              endTime: [2, 0],
            })),
          },
        ],
      },
    ],
  } satisfies ResourceMetrics;
  const { body, count } = encodeMetrics(metrics);
  const whole: WaitingRequest = { signal: 'metrics', endpoint: '', body, itemCount: count };
  const parts = splitRequest(whole, 250);
  assert.ok(parts.length > 2);
  const values = parts.flatMap((part) => {
    assert.ok(part.body.byteLength <= 250);
    assert.equal(itemName(part), 'orders');
    const { resourceMetrics } = JSON.parse(Buffer.from(otlpJson('metrics', part.body)).toString());
    const [{ name, unit, sum }] = resourceMetrics[0].scopeMetrics[0].metrics;
    assert.deepEqual(
      [name, unit, sum.isMonotonic, sum.aggregationTemporality],
      ['orders', '{order}', true, 1],
    );
    assert.equal(part.itemCount, sum.dataPoints.length);
    return sum.dataPoints.map(({ asInt }: { asInt: string }) => Number(asInt));
  });
  assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
