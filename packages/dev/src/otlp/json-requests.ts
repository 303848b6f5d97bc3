import { bounds } from './bounds.ts';
import {
  enumeration,
  hex,
  instant,
  integer,
  list,
  type Members,
  members,
  number,
  optional,
  readJsonAttributes,
  readJsonValue,
  text,
} from './json-values.ts';
import { MetricCheck } from './metric-check.ts';
import type {
  Decoded,
  Distribution,
  ExponentialBuckets,
  Group,
  LogData,
  MetricData,
  PointData,
  SpanData,
} from './model.ts';
import { metricTypes } from './model.ts';
import { dropInvalidIds } from './protobuf-logs.ts';
import { emptyMetric } from './protobuf-metrics.ts';
import { emptyPoint, setInteger } from './protobuf-points.ts';
import { SpanCheck } from './span-check.ts';

function readGroups<Item>(
  value: unknown,
  signal: 'Spans' | 'Logs' | 'Metrics',
  itemsKey: string,
  readItem: (item: Members) => Item | undefined,
): Group<Item>[] {
  const groups: Group<Item>[] = [];
  for (const resourceGroup of list(members(value)[`resource${signal}`])) {
    const outer = members(resourceGroup);
    const resource = {
      attributes: readJsonAttributes(members(outer['resource'])['attributes']),
      schemaUrl: text(outer['schemaUrl'], bounds.nameLength),
    };
    for (const scopeGroup of list(outer[`scope${signal}`])) {
      const inner = members(scopeGroup);
      const scope = members(inner['scope']);
      groups.push({
        resource,
        scope: {
          name: text(scope['name'], bounds.nameLength),
          version: text(scope['version'], bounds.nameLength),
          attributes: readJsonAttributes(scope['attributes']),
          schemaUrl: text(inner['schemaUrl'], bounds.nameLength),
        },
        items: list(inner[itemsKey])
          .map((item) => readItem(members(item)))
          .filter((item) => item !== undefined),
      });
    }
  }
  return groups;
}

const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

function readSpan(span: Members): SpanData {
  const status = members(span['status']);
  const events = list(span['events']);
  const links = list(span['links']);
  return {
    traceId: hex(span['traceId']),
    spanId: hex(span['spanId']),
    parentSpanId: hex(span['parentSpanId']),
    traceState: text(span['traceState'], bounds.nameLength),
    flags: number(span['flags']),
    name: text(span['name'], bounds.nameLength),
    kind: enumeration(span['kind'], 'SPAN_KIND_', kinds),
    start: instant(span['startTimeUnixNano']),
    end: instant(span['endTimeUnixNano']),
    attributes: readJsonAttributes(span['attributes']),
    droppedAttributes: number(span['droppedAttributesCount']),
    events: events.slice(0, bounds.events).map((given) => {
      const event = members(given);
      return {
        time: instant(event['timeUnixNano']),
        name: text(event['name'], bounds.nameLength),
        attributes: readJsonAttributes(event['attributes']),
        dropped: number(event['droppedAttributesCount']),
      };
    }),
    droppedEvents: number(span['droppedEventsCount']) + Math.max(0, events.length - bounds.events),
    links: links.slice(0, bounds.events).map((given) => {
      const link = members(given);
      return {
        traceId: hex(link['traceId']),
        spanId: hex(link['spanId']),
        traceState: text(link['traceState'], bounds.nameLength),
        attributes: readJsonAttributes(link['attributes']),
        dropped: number(link['droppedAttributesCount']),
        flags: number(link['flags']),
      };
    }),
    droppedLinks: number(span['droppedLinksCount']) + Math.max(0, links.length - bounds.events),
    statusCode: enumeration(status['code'], 'STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
    statusMessage: text(status['message']),
  };
}

/** Reads an `ExportTraceServiceRequest` in OTLP's JSON, already parsed. */
export function readJsonTraces(value: unknown): Decoded<SpanData> {
  const check = new SpanCheck();
  const groups = readGroups(value, 'Spans', 'spans', (span) => check.accept(readSpan(span)));
  return { groups, ...check.refusals };
}

function readLog(log: Members): LogData {
  const { plain, exact } = readJsonValue(log['body']);
  return dropInvalidIds({
    time: instant(log['timeUnixNano']),
    observed: instant(log['observedTimeUnixNano']),
    severityNumber: enumeration(log['severityNumber'], 'SEVERITY_NUMBER_', severityNames),
    severityText: text(log['severityText'], bounds.nameLength),
    body: plain,
    exactBody: exact,
    attributes: readJsonAttributes(log['attributes']),
    droppedAttributes: number(log['droppedAttributesCount']),
    flags: number(log['flags']),
    traceId: hex(log['traceId']),
    spanId: hex(log['spanId']),
    event: text(log['eventName'], bounds.nameLength),
  });
}

const severityNames = [
  'UNSPECIFIED',
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
    name,
    `${name}2`,
    `${name}3`,
    `${name}4`,
  ]),
];

/** Reads an `ExportLogsServiceRequest` in OTLP's JSON, already parsed. */
export function readJsonLogs(value: unknown): Decoded<LogData> {
  return { groups: readGroups(value, 'Logs', 'logRecords', readLog), rejected: 0, reason: '' };
}

const numbers = (value: unknown): number[] => list(value).slice(0, bounds.buckets).map(number);

function readBuckets(value: unknown): ExponentialBuckets | undefined {
  if (value === undefined) return undefined;
  const { offset, bucketCounts } = members(value);
  return { offset: number(offset), counts: numbers(bucketCounts) };
}

function readDistribution(point: Members): Distribution {
  const quantiles = list(point['quantileValues']).slice(0, bounds.buckets).map(members);
  const all = {
    count: number(point['count']),
    sum: optional(point['sum']),
    min: optional(point['min']),
    max: optional(point['max']),
    bounds: Array.isArray(point['explicitBounds']) ? numbers(point['explicitBounds']) : undefined,
    counts: Array.isArray(point['bucketCounts']) ? numbers(point['bucketCounts']) : undefined,
    scale: optional(point['scale']),
    zeroCount: optional(point['zeroCount']),
    zeroThreshold: optional(point['zeroThreshold']),
    positive: readBuckets(point['positive']),
    negative: readBuckets(point['negative']),
    quantiles:
      quantiles.length === 0
        ? undefined
        : quantiles.map(({ quantile, value }) => [number(quantile), number(value)]),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as Distribution;
}

function readPoint(point: Members, isNumber: boolean): PointData {
  const read = emptyPoint(isNumber ? undefined : readDistribution(point));
  read.attributes = readJsonAttributes(point['attributes']);
  read.start = instant(point['startTimeUnixNano']);
  read.time = instant(point['timeUnixNano']);
  read.flags = number(point['flags']);
  if (isNumber && point['asInt'] !== undefined) setInteger(read, integer(point['asInt']));
  else if (isNumber && point['asDouble'] !== undefined) read.value = number(point['asDouble']);
  read.exemplars = list(point['exemplars'])
    .slice(0, bounds.exemplars)
    .map((given) => {
      const exemplar = members(given);
      return {
        time: instant(exemplar['timeUnixNano']),
        value: number(exemplar['asDouble'] ?? exemplar['asInt']),
        traceId: hex(exemplar['traceId']),
        spanId: hex(exemplar['spanId']),
        attributes: readJsonAttributes(exemplar['filteredAttributes']),
      };
    });
  return read;
}

function readMetric(metric: Members): MetricData {
  const read = emptyMetric();
  read.name = text(metric['name'], bounds.nameLength);
  read.unit = text(metric['unit'], bounds.nameLength);
  read.description = text(metric['description'], bounds.nameLength);
  for (const type of metricTypes) {
    if (metric[type] === undefined) continue;
    const data = members(metric[type]);
    const isNumber = type === 'gauge' || type === 'sum';
    read.type = type;
    read.temporality = enumeration(data['aggregationTemporality'], 'AGGREGATION_TEMPORALITY_', [
      'UNSPECIFIED',
      'DELTA',
      'CUMULATIVE',
    ]);
    read.monotonic = data['isMonotonic'] === true;
    read.points = list(data['dataPoints']).map((point) => readPoint(members(point), isNumber));
  }
  return read;
}

/** Reads an `ExportMetricsServiceRequest` in OTLP's JSON, already parsed. */
export function readJsonMetrics(value: unknown): Decoded<MetricData> {
  const check = new MetricCheck();
  const groups = readGroups(value, 'Metrics', 'metrics', (metric) => check.accept(readMetric(metric)));
  return { groups, ...check.refusals };
}
