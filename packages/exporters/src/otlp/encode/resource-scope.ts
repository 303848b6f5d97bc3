import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { AttributeEncoder } from './attribute-encoder.ts';

/** An instrumentation scope as the SDK hands it on: with what the API's options gave it. */
export type Scope = InstrumentationScope & {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
};

/** Where an item comes from. */
export interface ResourceScope {
  readonly resource: Resource;
  readonly instrumentationScope: Scope;
}

const resources = new WeakMap<Resource, Uint8Array>();
const scopes = new WeakMap<Scope, Uint8Array>();
const resourceAttributes = new AttributeEncoder(1);
const scopeAttributes = new AttributeEncoder(3);

/** Writes a resource as field 1; the same object is encoded once, as soon as all of its attributes are known. */
export function writeResource(writer: ProtobufWriter, resource: Resource): void {
  const known = resources.get(resource);
  if (known !== undefined) {
    writer.raw(known);
    return;
  }
  const single = new ProtobufWriter(256);
  const start = single.open(1);
  resourceAttributes.write(single, resource.attributes);
  single.close(start);
  const encoded = single.finish();
  if (!resource.asyncAttributesPending) resources.set(resource, encoded);
  writer.raw(encoded);
}

/** Writes a scope as field 1; the same object is encoded once. */
export function writeScope(writer: ProtobufWriter, scope: Scope): void {
  const known = scopes.get(scope);
  if (known !== undefined) {
    writer.raw(known);
    return;
  }
  const single = new ProtobufWriter(256);
  const start = single.open(1);
  if (scope.name) single.string(1, scope.name);
  if (scope.version) single.string(2, scope.version);
  scopeAttributes.write(single, scope.attributes);
  if (scope.droppedAttributesCount) single.uint(4, scope.droppedAttributesCount);
  single.close(start);
  const encoded = single.finish();
  scopes.set(scope, encoded);
  writer.raw(encoded);
}
