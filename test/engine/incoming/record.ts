import type { OtlpSink, Received } from '../../support/otlp-sink.ts';

/** A span without what is another each time. */
export interface RecordedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The parent span. */
  readonly parent: string;
  readonly status: unknown;
  readonly events: readonly unknown[];
}

const changing: ReadonlySet<string> = new Set(['network.peer.port', 'exception.stacktrace']);

const sorted = (record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => !changing.has(key))
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );

interface RawSpan {
  readonly parentSpanId?: Uint8Array;
  readonly kind?: unknown;
  readonly status?: { readonly code?: unknown; readonly message?: string };
  readonly events?: readonly { readonly name: string; readonly attributes: readonly RawAttribute[] }[];
}

interface RawAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Spans as they are compared, in an order of their own. */
export function recordedSpans({ spans }: OtlpSink): RecordedSpan[] {
  const names = new Map(
    spans.map(({ spanId, name, attributes }) => [
      spanId,
      `${name} ${(attributes['url.path'] ?? '') as string}`,
    ]),
  );
  const toRecorded = ({ name, attributes, raw }: Received): RecordedSpan => {
    const { parentSpanId, status, events = [], kind } = raw as RawSpan;
    const parent = parentSpanId === undefined ? '' : Buffer.from(parentSpanId).toString('hex');
    return {
      name: `${String(kind)} ${name}`,
      attributes: sorted(attributes),
      parent: names.get(parent) ?? parent,
      status: { code: status?.code ?? 0, message: status?.message ?? '' },
      events: events.map((event) => [
        event.name,
        sorted(Object.fromEntries(event.attributes.map(({ key, value }) => [key, value]))),
      ]),
    };
  };
  return byText(spans.map(toRecorded));
}

type WithAttributes = Pick<RecordedSpan, 'attributes'> & { readonly status?: unknown };

/**
 * Gives an error that a framework has handled the type that upstream's instrumentation gives it: its status. The lean engine
 * records the class and the message of the error.
 */
export function withStatusAsErrorType(records: readonly unknown[]): unknown[] {
  const replaced = records.map((item) => {
    const record = item as Partial<WithAttributes>;
    const { attributes = {}, status } = record;
    const isHandled =
      attributes['error.type'] === 'TypeError' && String(attributes['http.response.status_code']) === '500';
    if (!isHandled) return item;
    const withoutMessage = status === undefined ? {} : { status: { ...status, message: '' } };
    return { ...record, ...withoutMessage, attributes: { ...attributes, 'error.type': '500' } };
  });
  return byText(replaced);
}

interface RawHistogram {
  readonly histogram?: {
    readonly dataPoints: readonly {
      readonly attributes: readonly RawAttribute[];
      readonly count: unknown;
      readonly explicitBounds: readonly number[];
    }[];
  };
  readonly unit?: string;
  readonly description?: string;
}

/** The points of the duration as they are compared, of the last export. */
export function recordedDurations({ metrics }: OtlpSink): unknown[] {
  const last = metrics.findLast(({ name }) => name === 'http.server.request.duration');
  const { histogram, unit, description } = (last?.raw ?? {}) as RawHistogram;
  const points = (histogram?.dataPoints ?? []).map(({ attributes, count, explicitBounds }) => ({
    attributes: sorted(
      Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
    ),
    count: String(count),
    explicitBounds,
  }));
  return [{ unit, description }, ...byText(points)];
}

const byText = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => [JSON.stringify(item), item] as const)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([, item]) => item);
