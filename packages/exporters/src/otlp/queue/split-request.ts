import { ProtobufReader } from '../../protobuf/reader.ts';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import type { OtlpSignal } from '../signal.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** The numbers of the repeated fields at each level, from the request to the item. */
type Path = readonly ReadonlySet<number>[];

const resourceGroups = new Set([1]);
const scopeGroups = new Set([2]);
const items = new Set([2]);
/** Gauge, sum, histogram, exponential histogram and summary. */
const metricData = new Set([5, 7, 9, 10, 11]);
const dataPoints = new Set([1]);

const paths: Readonly<Record<OtlpSignal, Path>> = {
  traces: [resourceGroups, scopeGroups, items],
  logs: [resourceGroups, scopeGroups, items],
  metrics: [resourceGroups, scopeGroups, items, metricData, dataPoints],
};

/** Maximum size of the tag and the length of a field, in bytes. */
const headerBytes = 8;
const lengthDelimited = 2;

/** A message on the path from the request to an item, or an item. */
interface Node {
  readonly field: number;
  /** The encoded fields that each part repeats: the resource, the scope, or the metric without its points. */
  readonly envelope: Uint8Array;
  /** Undefined for an item. */
  readonly children: readonly Node[] | undefined;
}

/**
 * Splits a request into requests of at most `maxBytes`, without decoding the items. Each part repeats the resource and the
 * scope. An item that exceeds the limit becomes a separate request. A malformed request is returned unchanged.
 */
export function splitRequest(request: WaitingRequest, maxBytes: number): readonly WaitingRequest[] {
  if (request.body.byteLength <= maxBytes || request.itemCount <= 1) return [request];
  try {
    const root = parse(request.body, 0, paths[request.signal], 0);
    const packer = new Packer(maxBytes);
    packer.add(root, []);
    const { signal, endpoint } = request;
    return packer.finish().map(({ body, itemCount }) => ({ signal, endpoint, body, itemCount }));
  } catch {
    return [request];
  }
}

function parse(bytes: Uint8Array, field: number, path: Path, depth: number): Node {
  const next = path[depth];
  if (next === undefined) return { field, envelope: bytes, children: undefined };
  const reader = new ProtobufReader(bytes);
  const writer = new ProtobufWriter(256);
  const children: Node[] = [];
  while (!reader.isAtEnd) {
    const start = reader.position;
    const tag = reader.tag();
    if (tag.wireType === lengthDelimited && next.has(tag.field)) {
      children.push(parse(reader.delimited(), tag.field, path, depth + 1));
    } else {
      reader.skip(tag.wireType);
      writer.raw(bytes.subarray(start, reader.position));
    }
  }
  return { field, envelope: writer.finish(), children };
}

/** A part of a message that is being filled. */
interface OpenMessage {
  readonly node: Node;
  readonly children: (OpenMessage | Node)[];
}

interface Part {
  readonly body: Uint8Array;
  readonly itemCount: number;
}

/** Fills one request after another. */
class Packer {
  readonly #maxBytes: number;
  readonly #parts: Part[] = [];
  /** The open messages, the request first. */
  #open: OpenMessage[] = [];
  #bytes = 0;
  #itemCount = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds all items below a node. @param parents the messages that contain it, the request first */
  add(node: Node, parents: readonly Node[]): void {
    if (node.children === undefined) {
      this.#addItem(node, parents);
      return;
    }
    const path = [...parents, node];
    for (const child of node.children) this.add(child, path);
  }

  finish(): readonly Part[] {
    this.#complete();
    return this.#parts;
  }

  #addItem(item: Node, parents: readonly Node[]): void {
    const itemBytes = item.envelope.byteLength + headerBytes;
    const isFull = this.#bytes + itemBytes + this.#missingBytes(parents) > this.#maxBytes;
    if (isFull && this.#itemCount > 0) this.#complete();
    this.#bytes += itemBytes + this.#missingBytes(parents);
    this.#enter(parents);
    this.#open.at(-1)?.children.push(item);
    this.#itemCount++;
  }

  /** Returns the size of the parents that are not open. */
  #missingBytes(parents: readonly Node[]): number {
    const missing = parents.filter((parent, depth) => this.#open[depth]?.node !== parent);
    return missing.reduce((sum, { envelope }) => sum + envelope.byteLength + headerBytes, 0);
  }

  #enter(parents: readonly Node[]): void {
    const same = parents.findIndex((parent, depth) => this.#open[depth]?.node !== parent);
    if (same === -1) return;
    this.#open.length = Math.min(this.#open.length, same);
    for (const node of parents.slice(same)) {
      const opened: OpenMessage = { node, children: [] };
      this.#open.at(-1)?.children.push(opened);
      this.#open.push(opened);
    }
  }

  #complete(): void {
    const [root] = this.#open;
    if (root !== undefined && this.#itemCount > 0) {
      const writer = new ProtobufWriter(Math.max(1024, this.#bytes));
      writeContent(writer, root);
      this.#parts.push({ body: writer.finish(), itemCount: this.#itemCount });
    }
    this.#open = [];
    this.#bytes = 0;
    this.#itemCount = 0;
  }
}

function writeContent(writer: ProtobufWriter, { node, children }: OpenMessage): void {
  writer.raw(node.envelope);
  for (const child of children) {
    const isMessage = 'node' in child;
    const start = writer.open(isMessage ? child.node.field : child.field, 4);
    if (isMessage) writeContent(writer, child);
    else writer.raw(child.envelope);
    writer.close(start, 4);
  }
}

/** Returns the name of the first span or metric, or of the scope of the first log record; `''` if there is none. */
export function itemName({ signal, body }: WaitingRequest): string {
  try {
    const scope = firstField(firstField(body, 1), 2);
    const named = signal === 'logs' ? firstField(scope, 1) : firstField(scope, 2);
    return firstField(named, signal === 'traces' ? 5 : 1).toString();
  } catch {
    return '';
  }
}

/** @throws {RangeError} if the field is missing */
function firstField(bytes: Uint8Array, number: number): Buffer {
  const reader = new ProtobufReader(bytes);
  for (;;) {
    const { field, wireType } = reader.tag();
    if (field === number && wireType === lengthDelimited) return reader.delimited();
    reader.skip(wireType);
  }
}
