import type { AttributeList } from './attribute-list.ts';
import { bounds } from './bounds.ts';
import type { OtlpValue, PlainValue } from './value.ts';
import type { ProtobufReader } from './protobuf-reader.ts';

/** Set when the value that was read last says more than its plain form. */
let isLossy = false;
/** How many more elements the value that is being read may have. */
let elementsLeft = 0;

/** Reads an `AnyValue` as a plain value; the reader stands before its length. */
function readPlain(reader: ProtobufReader, depth: number): PlainValue {
  const outer = reader.enter();
  let value: PlainValue = null;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.text();
        break;
      case 2:
        value = reader.varint() !== 0;
        break;
      case 3: {
        const integer = reader.int64();
        if (typeof integer === 'bigint') isLossy = true;
        value = typeof integer === 'bigint' ? String(integer) : integer;
        break;
      }
      case 4: {
        const number = reader.double();
        // An integer would come back as one, and JSON has no word for NaN.
        if (Number.isInteger(number) || !Number.isFinite(number)) isLossy = true;
        value = Number.isFinite(number) ? number : String(number);
        break;
      }
      case 5:
      case 6:
        value = readMany(reader, depth + 1);
        break;
      case 7:
        isLossy = true;
        value = reader.delimited().subarray(0, bounds.textLength).toString('base64');
        break;
      default:
        reader.skipField();
    }
  }
  reader.leave(outer);
  return value;
}

/** Reads an array (field 5) or a map (field 6). */
function readMany(reader: ProtobufReader, depth: number): PlainValue {
  const isMap = reader.field === 6;
  const outer = reader.enter();
  const list: PlainValue[] = [];
  const map = Object.create(null) as Record<string, PlainValue>;
  while (reader.next()) {
    if (reader.field !== 1 || depth > bounds.depth || elementsLeft-- <= 0) reader.skipField();
    else if (!isMap) list.push(readPlain(reader, depth));
    else {
      const inner = reader.enter();
      let key = '';
      let value: PlainValue = null;
      while (reader.next()) {
        if (reader.field === 1) key = reader.text(bounds.nameLength);
        else if (reader.field === 2) value = readPlain(reader, depth);
        else reader.skipField();
      }
      reader.leave(inner);
      map[key] ??= value;
    }
  }
  reader.leave(outer);
  return isMap ? map : list;
}

/** Reads an `AnyValue` as OTLP's JSON writes it, within the same bounds. */
function readExact(reader: ProtobufReader, depth: number): OtlpValue {
  const outer = reader.enter();
  let value: OtlpValue = {};
  while (reader.next()) {
    if (reader.field === 1) value = { stringValue: reader.text() };
    else if (reader.field === 2) value = { boolValue: reader.varint() !== 0 };
    else if (reader.field === 3) value = { intValue: String(reader.int64()) };
    else if (reader.field === 4) value = { doubleValue: finite(reader.double()) };
    else if (reader.field === 7)
      value = { bytesValue: reader.delimited().subarray(0, bounds.textLength).toString('base64') };
    else if (reader.field === 5) value = { arrayValue: { values: readExactMany(reader, depth + 1, false) } };
    else if (reader.field === 6) value = { kvlistValue: { values: readExactMany(reader, depth + 1, true) } };
    else reader.skipField();
  }
  reader.leave(outer);
  return value;
}

function readExactMany(reader: ProtobufReader, depth: number, isMap: boolean): unknown[] {
  const outer = reader.enter();
  const values: unknown[] = [];
  while (reader.next()) {
    if (reader.field !== 1 || depth > bounds.depth || elementsLeft-- <= 0) reader.skipField();
    else if (!isMap) values.push(readExact(reader, depth));
    else {
      const inner = reader.enter();
      const entry: { key: string; value: OtlpValue } = { key: '', value: {} };
      while (reader.next()) {
        if (reader.field === 1) entry.key = reader.text(bounds.nameLength);
        else if (reader.field === 2) entry.value = readExact(reader, depth);
        else reader.skipField();
      }
      reader.leave(inner);
      values.push(entry);
    }
  }
  reader.leave(outer);
  return values;
}

/** A double as OTLP's JSON writes it. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Reads an `AnyValue`: its plain form, and the exact one where that says more. */
export function readValue(reader: ProtobufReader): { plain: PlainValue; exact: OtlpValue | undefined } {
  const { at, wireType } = reader;
  isLossy = false;
  elementsLeft = bounds.elements;
  const plain = readPlain(reader, 0);
  if (!isLossy) return { plain, exact: undefined };
  reader.at = at;
  reader.wireType = wireType;
  elementsLeft = bounds.elements;
  return { plain, exact: readExact(reader, 0) };
}

/** Reads one `KeyValue` into a list; the reader stands before its length. */
export function readAttribute(reader: ProtobufReader, attributes: AttributeList): void {
  const outer = reader.enter();
  let key = '';
  let at = -1;
  while (reader.next()) {
    if (reader.field === 1) key = reader.text(bounds.nameLength);
    else if (reader.field === 2) {
      at = reader.at;
      reader.skipField();
    } else reader.skipField();
  }
  if (attributes.accepts(key)) {
    if (at === -1) attributes.add(key, null);
    else {
      reader.at = at;
      reader.wireType = 2;
      const { plain, exact } = readValue(reader);
      attributes.add(key, plain, exact);
    }
  }
  reader.leave(outer);
}
