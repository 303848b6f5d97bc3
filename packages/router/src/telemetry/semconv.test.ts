import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import * as enums from './api-enums.ts';
import * as names from './semconv.ts';

test('the inlined names are those of the published conventions', () => {
  const published: Readonly<Record<string, unknown>> = { ...incubating, ...stable };
  for (const [name, value] of Object.entries(names)) assert.equal(value, published[name], name);
});

test('all but the development metrics and attributes are stable', () => {
  assert.deepEqual(
    Object.keys(names)
      .filter((name) => !(name in stable))
      .toSorted(),
    ['ATTR_HTTP_REQUEST_BODY_SIZE', 'ATTR_HTTP_RESPONSE_BODY_SIZE', 'METRIC_HTTP_SERVER_ACTIVE_REQUESTS'],
  );
});

test('the inlined numbers are those of the API', () => {
  assert.equal(enums.SEVERITY_ERROR, SeverityNumber.ERROR);
  assert.equal(enums.SPAN_KIND_SERVER, SpanKind.SERVER);
  assert.equal(enums.SPAN_STATUS_ERROR, SpanStatusCode.ERROR);
});
