import type { Resource } from '@opentelemetry/resources';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { type ResourceScope, type Scope, writeResource, writeScope } from './resource-scope.ts';

/** Items encoded as one OTLP request. */
export interface EncodedRequest {
  /** The request in protocol buffers; empty if it holds no items. */
  readonly body: Uint8Array;
  /** The number of items in it. */
  readonly count: number;
  /** The number of items left out because they could not be encoded: a getter threw, or a value is circular. */
  readonly unencodable: number;
}

const groupField = 1;
const scopedField = 2;
const schemaField = 3;

const maxPooledWriters = 4;
const writerPool: ProtobufWriter[] = [];

function acquireWriter(): ProtobufWriter {
  return writerPool.pop() ?? new ProtobufWriter(16 * 1024);
}

function releaseWriter(writer: ProtobufWriter): void {
  writer.clear();
  if (writerPool.length < maxPooledWriters) writerPool.push(writer);
}

/** The encoded items of one instrumentation scope. */
interface Group {
  readonly writer: ProtobufWriter;
  count: number;
}

/**
 * Builds one OTLP request of spans or log records. Items are encoded when they are added and need not be retained: adding a
 * few at a time, while they are in the processor's cache, spares the garbage collector from moving them.
 */
export class OtlpRequestBuilder<T extends ResourceScope> {
  readonly #write: (writer: ProtobufWriter, item: T) => void;
  readonly #fullBytes: number;
  readonly #groups = new Map<Resource, Map<Scope, Group>>();
  #resource: Resource | undefined;
  #scope: Scope | undefined;
  #group: Group | undefined;
  #length = 0;
  #encoded: EncodedRequest | undefined;

  /**
   * @internal
   * @param write writes one item as field 2; if it throws, the item is left out
   * @param fullBytes the size of the encoded items from which the request is full
   */
  constructor(write: (writer: ProtobufWriter, item: T) => void, fullBytes: number = Infinity) {
    this.#write = write;
    this.#fullBytes = fullBytes;
  }

  /** The number of items added. */
  get length(): number {
    return this.#length;
  }

  /** Whether the request is large enough to be exported before it has the maximum number of items. */
  get isFull(): boolean {
    let bytes = 0;
    for (const scopes of this.#groups.values())
      for (const { writer } of scopes.values()) bytes += writer.length;
    return bytes >= this.#fullBytes;
  }

  /**
   * Encodes items into the request. An item that cannot be encoded is left out and counted.
   *
   * @throws {Error} if `encoded` was read
   */
  add(items: readonly T[]): void {
    if (this.#encoded !== undefined) throw new Error('Cannot add items: the request is complete');
    this.#length += items.length;
    for (const item of items) {
      let writer: ProtobufWriter | undefined;
      let before = 0;
      try {
        const group = this.#getGroup(item);
        ({ writer } = group);
        before = writer.length;
        this.#write(writer, item);
        group.count++;
      } catch {
        writer?.rewind(before);
      }
    }
  }

  /** The complete request. Resources are encoded on first access, because their attributes may be resolved late. */
  get encoded(): EncodedRequest {
    return (this.#encoded ??= this.#encode());
  }

  #getGroup({ resource, instrumentationScope: scope }: T): Group {
    if (this.#group !== undefined && resource === this.#resource && scope === this.#scope) return this.#group;
    let scopes = this.#groups.get(resource);
    if (scopes === undefined) this.#groups.set(resource, (scopes = new Map()));
    let group = scopes.get(scope);
    if (group === undefined) scopes.set(scope, (group = { writer: acquireWriter(), count: 0 }));
    this.#resource = resource;
    this.#scope = scope;
    return (this.#group = group);
  }

  #encode(): EncodedRequest {
    // A getter of an item may export another batch, so the writer must not be shared.
    const writer = acquireWriter();
    let count = 0;
    for (const [resource, scopes] of this.#groups) {
      const before = writer.length;
      try {
        count += writeGroups(writer, resource, scopes);
      } catch {
        writer.rewind(before);
      }
    }
    for (const scopes of this.#groups.values()) {
      for (const group of scopes.values()) releaseWriter(group.writer);
    }
    this.#groups.clear();
    this.#group = undefined;
    const body = writer.finish();
    releaseWriter(writer);
    return { body, count, unencodable: this.#length - count };
  }
}

/** Writes the items of a resource, if there are any; returns their number. */
function writeGroups(writer: ProtobufWriter, resource: Resource, scopes: ReadonlyMap<Scope, Group>): number {
  const groups = [...scopes].filter(([, { count }]) => count > 0);
  if (groups.length === 0) return 0;
  const resourceStart = writer.open(groupField, 3);
  writeResource(writer, resource);
  for (const [scope, items] of groups) {
    const scopeStart = writer.open(scopedField, 3);
    writeScope(writer, scope);
    writer.raw(items.writer.written);
    if (scope.schemaUrl) writer.string(schemaField, scope.schemaUrl);
    writer.close(scopeStart, 3);
  }
  if (resource.schemaUrl) writer.string(schemaField, resource.schemaUrl);
  writer.close(resourceStart, 3);
  return groups.reduce((sum, [, { count }]) => sum + count, 0);
}
