import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { AttributeEncoder } from './attribute-encoder.ts';

/** An instrumentation scope, with the attributes given to the API. */
export type Scope = InstrumentationScope & {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount?: number;
};

/** The resource and the scope of an item. */
export interface ResourceScope {
  readonly resource: Resource;
  readonly instrumentationScope: Scope;
}

const resources = new WeakMap<Resource, Uint8Array>();
const scopes = new WeakMap<Scope, Uint8Array>();
const resourceAttributes = new AttributeEncoder(1);
const scopeAttributes = new AttributeEncoder(3);

/** Writes a resource as field 1. The encoding is cached by identity once all attributes are resolved. */
export function writeResource(writer: ProtobufWriter, resource: Resource): void {
  const cached = resources.get(resource);
  if (cached !== undefined) {
    writer.raw(cached);
    return;
  }
  const scopeWriter = new ProtobufWriter(256);
  const start = scopeWriter.open(1);
  resourceAttributes.write(scopeWriter, resource.attributes);
  scopeWriter.close(start);
  const encoded = scopeWriter.finish();
  if (!resource.asyncAttributesPending) resources.set(resource, encoded);
  writer.raw(encoded);
}

/** Writes a scope as field 1. The encoding is cached by identity. */
export function writeScope(writer: ProtobufWriter, scope: Scope): void {
  const cached = scopes.get(scope);
  if (cached !== undefined) {
    writer.raw(cached);
    return;
  }
  const scopeWriter = new ProtobufWriter(256);
  const start = scopeWriter.open(1);
  if (scope.name) scopeWriter.string(1, scope.name);
  if (scope.version) scopeWriter.string(2, scope.version);
  scopeAttributes.write(scopeWriter, scope.attributes);
  if (scope.droppedAttributesCount) scopeWriter.uint(4, scope.droppedAttributesCount);
  scopeWriter.close(start);
  const encoded = scopeWriter.finish();
  scopes.set(scope, encoded);
  writer.raw(encoded);
}
