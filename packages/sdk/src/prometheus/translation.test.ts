import assert from 'node:assert/strict';
import { test } from 'node:test';

import { familyName, labelName, type MetricKind, type TranslationStrategy } from './translation.ts';

const suffixed: readonly [name: string, unit: string, kind: MetricKind, expected: string][] = [
  ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
  ['http.server.request.body.size', 'By', 'histogram', 'http_server_request_body_size_bytes'],
  ['http.server.active_requests', '{request}', 'gauge', 'http_server_active_requests'],
  ['http.requests', '', 'counter', 'http_requests_total'],
  ['http.requests.total', '', 'counter', 'http_requests_total'],
  ['http.requests_total', '{request}', 'counter', 'http_requests_total'],
  ['total', '', 'counter', 'total'],
  ['wait_seconds', 's', 'counter', 'wait_seconds_total'],
  ['wait_seconds_total', 's', 'counter', 'wait_seconds_total'],
  ['wait.seconds.max', 's', 'gauge', 'wait_seconds_max'],
  ['bytes.read', 'By', 'counter', 'bytes_read_total'],
  ['read.bytes', 'By/s', 'gauge', 'read_bytes_per_second'],
  ['hit.ratio.recent', '1', 'gauge', 'hit_recent_ratio'],
  ['active.users', '1', 'upDownCounter', 'active_users'],
  ['queue.size', 'By', 'upDownCounter', 'queue_size_bytes'],
  ['nodejs.eventloop.utilization', '1', 'gauge', 'nodejs_eventloop_utilization_ratio'],
  ['objects', '1', 'counter', 'objects_total'],
  ['system.cpu.ratio', '1', 'gauge', 'system_cpu_ratio'],
  ['disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
  ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
  ['rate', '{packet}/s', 'gauge', 'rate_per_second'],
  ['rate', '1/s', 'gauge', 'rate_per_second'],
  ['v8js.gc.duration', 's', 'histogram', 'v8js_gc_duration_seconds'],
  ['latency', 'ms', 'histogram', 'latency_milliseconds'],
  ['size', 'MiBy', 'gauge', 'size_mebibytes'],
  ['orders', 'orders', 'counter', 'orders_total'],
  ['odd', 'constructor', 'gauge', 'odd_constructor'],
  ['a..b--c', '', 'gauge', 'a_b_c'],
  ['9lives', '', 'gauge', '_9lives'],
  ['größe', '', 'gauge', 'gr_e'],
  ['job:rate', '', 'gauge', 'job:rate'],
];

for (const [name, unit, kind, expected] of suffixed) {
  test(`${kind} '${name}' in '${unit}' is ${expected}`, () => {
    assert.equal(familyName(name, unit, kind, 'UnderscoreEscapingWithSuffixes').name, expected);
  });
}

test('a name without valid characters is empty', () => {
  for (const name of ['', '.', '...', '💥']) {
    assert.equal(familyName(name, 's', 'gauge', 'UnderscoreEscapingWithSuffixes').name, '');
  }
});

const strategies: readonly [TranslationStrategy, string, string][] = [
  ['UnderscoreEscapingWithSuffixes', 'http_requests_seconds_total', 'http_route'],
  ['UnderscoreEscapingWithoutSuffixes', 'http_requests', 'http_route'],
  ['NoUTF8EscapingWithSuffixes', 'http.requests_seconds_total', 'http.route'],
  ['NoTranslation', 'http.requests', 'http.route'],
];

for (const [strategy, metric, label] of strategies) {
  test(`${strategy} makes ${metric}{${label}}`, () => {
    assert.equal(familyName('http.requests', 's', 'counter', strategy).name, metric);
    assert.equal(labelName('http.route', strategy), label);
  });
}

test('no strategy produces label names reserved by Prometheus', () => {
  for (const [strategy] of strategies) assert.equal(labelName('__name__', strategy), '_name_');
});
