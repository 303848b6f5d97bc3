'use strict';
// Reports to the viewer which spans of this process are open, a few times a second while there are any.
const { post } = require('./post.cjs');

const intervalMs = 250;
/** A span that is younger will have ended before anybody looks. */
const leastAgeMs = 150;
const maxSpans = 500;

/** Attributes that may leave before redaction: none of them holds user input. */
const attributeNames = [
  'http.request.method',
  'http.route',
  'url.path',
  'url.scheme',
  'server.address',
  'server.port',
];

const state = Symbol.for('@sonde/otel');
const getAttributes = (attributes) =>
  attributeNames
    .filter((key) => attributes[key] !== undefined)
    .map((key) => ({ key, value: { stringValue: String(attributes[key]) } }));

/** An open span as OTLP's JSON writes it; it has no end. */
function item(span) {
  const { traceId, spanId } = span.spanContext();
  const [seconds, nanoseconds] = span.startTime;
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: `${seconds}${String(nanoseconds).padStart(9, '0')}`,
    attributes: getAttributes(span.attributes),
  };
}

/** The request with all open spans of this process that are worth a look. */
function snapshot(spans) {
  const oldest = Date.now() - leastAgeMs;
  const items = spans
    .filter(({ startTime: [seconds, nanoseconds] }) => seconds * 1000 + nanoseconds / 1e6 <= oldest)
    .slice(0, maxSpans)
    .map(item);
  const { attributes = {} } = spans[0]?.resource ?? {};
  const resource = ['service.name', 'service.instance.id'].map((key) => ({
    key,
    value: { stringValue: String(attributes[key] ?? '') },
  }));
  return { items, resource };
}

/** Reports while the process runs; keeps it from nothing. */
exports.reportOpenSpans = () => {
  let lastResource;
  let sequence = 0;
  setInterval(() => {
    try {
      const spans = globalThis[state]?.openSpans?.list() ?? [];
      const { items, resource } = snapshot(spans);
      // The last report is an empty one.
      if (items.length === 0 && lastResource === undefined) return;
      const known = items.length === 0 ? lastResource : resource;
      lastResource = items.length === 0 ? undefined : resource;
      const scopeSpans = [{ scope: {}, spans: items }];
      sequence += 1;
      const resourceSpans = [{ resource: { attributes: known }, scopeSpans }];
      post('open-spans', { process: String(process.pid), sequence, resourceSpans });
    } catch {
      // The program must not notice.
    }
  }, intervalMs).unref();
};
