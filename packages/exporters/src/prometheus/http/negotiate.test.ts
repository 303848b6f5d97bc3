import assert from 'node:assert/strict';
import { test } from 'node:test';

import { acceptsGzip, negotiate } from './negotiate.ts';

const text = 'text/plain; version=0.0.4; charset=utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const protobuf =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const cases: readonly [what: string, accept: string | undefined, contentType: string][] = [
  ['nothing', undefined, text],
  [
    'a browser',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html; charset=utf-8',
  ],
  ['curl', '*/*', text],
  [
    'Prometheus 2.42',
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    openMetrics,
  ],
  [
    'Prometheus 2.42 with native histograms',
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    protobuf,
  ],
  [
    'Prometheus 3',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    `${openMetrics}; escaping=allow-utf-8`,
  ],
  [
    'text 1.0.0',
    'text/plain;version=1.0.0;escaping=underscores',
    'text/plain; version=1.0.0; charset=utf-8; escaping=underscores',
  ],
  ['what is refused', 'application/openmetrics-text;q=0,text/plain;q=0.1', text],
  ['another protobuf message', 'application/vnd.google.protobuf;proto=Other;encoding=delimited', text],
  ['a future version', 'application/openmetrics-text;version=9.0.0', text],
  ['an unknown escaping', 'application/openmetrics-text;escaping=rot13', openMetrics],
  ['garbage', ';;;,q=,=;"', text],
];

for (const [what, accept, contentType] of cases) {
  test(`${what} gets ${contentType}`, () => {
    assert.equal(negotiate(accept).contentType, contentType);
  });
}

test('gzip is accepted unless its quality is 0', () => {
  assert.equal(acceptsGzip('gzip, deflate'), true);
  assert.equal(acceptsGzip('*'), true);
  assert.equal(acceptsGzip('*, gzip;q=0'), false);
  assert.equal(acceptsGzip('identity'), false);
  assert.equal(acceptsGzip(undefined), false);
});
