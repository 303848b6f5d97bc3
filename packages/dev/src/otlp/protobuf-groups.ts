import { AttributeList } from './attribute-list.ts';
import { bounds } from './bounds.ts';
import type { Group, ResourceData, ScopeData } from './model.ts';
import type { ProtobufReader } from './protobuf-reader.ts';
import { readAttribute } from './protobuf-values.ts';

function readResource(reader: ProtobufReader, resource: ResourceData): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) readAttribute(reader, resource.attributes);
    else reader.skipField();
  }
  reader.leave(outer);
}

function readScope(reader: ProtobufReader, scope: ScopeData): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) scope.name = reader.text(bounds.nameLength);
    else if (reader.field === 2) scope.version = reader.text(bounds.nameLength);
    else if (reader.field === 3) readAttribute(reader, scope.attributes);
    else reader.skipField();
  }
  reader.leave(outer);
}

/**
 * Reads a request of any signal: resources (field 1), in them scopes (field 2), in them items (field 2). `readItem`
 * reads one item, and returns undefined to leave it out.
 */
export function readGroups<Item>(
  reader: ProtobufReader,
  readItem: (reader: ProtobufReader) => Item | undefined,
): Group<Item>[] {
  const groups: Group<Item>[] = [];
  while (reader.next()) {
    if (reader.field !== 1) {
      reader.skipField();
      continue;
    }
    const outer = reader.enter();
    const resource: ResourceData = { attributes: new AttributeList(), schemaUrl: '' };
    while (reader.next()) {
      if (reader.field === 1) readResource(reader, resource);
      else if (reader.field === 2) groups.push(readScoped(reader, resource, readItem));
      else if (reader.field === 3) resource.schemaUrl = reader.text(bounds.nameLength);
      else reader.skipField();
    }
    reader.leave(outer);
  }
  return groups;
}

function readScoped<Item>(
  reader: ProtobufReader,
  resource: ResourceData,
  readItem: (reader: ProtobufReader) => Item | undefined,
): Group<Item> {
  const scope: ScopeData = { name: '', version: '', attributes: new AttributeList(), schemaUrl: '' };
  const items: Item[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) readScope(reader, scope);
    else if (reader.field === 2) {
      const item = readItem(reader);
      if (item !== undefined) items.push(item);
    } else if (reader.field === 3) scope.schemaUrl = reader.text(bounds.nameLength);
    else reader.skipField();
  }
  reader.leave(outer);
  return { resource, scope, items };
}
