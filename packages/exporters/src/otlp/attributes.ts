import { ProtobufWriter } from '../protobuf/writer.ts';
import { writeKeyValue } from './any-value.ts';

/** Attributes of whatever kind of value. */
type AttributeBag = Readonly<Record<string, unknown>>;

/** Writes the attributes of one kind of message, and remembers those that cannot change. */
export class AttributeField {
  readonly #field: number;
  readonly #known = new WeakMap<AttributeBag, Uint8Array | 'changeable'>();

  /** @param field the number of the field of repeated `KeyValue` */
  constructor(field: number) {
    this.#field = field;
  }

  /** Throws what a getter throws, and for values that are nested too deep. */
  write(writer: ProtobufWriter, attributes: AttributeBag | undefined): void {
    if (attributes === undefined || attributes === null) return;
    if (Object.isFrozen(attributes)) this.writeShared(writer, attributes);
    else this.#writeAll(writer, attributes);
  }

  /** Writes attributes that never change. */
  writeShared(writer: ProtobufWriter, attributes: AttributeBag): void {
    const known = this.#known.get(attributes) ?? this.#learn(attributes);
    if (known === 'changeable') this.#writeAll(writer, attributes);
    else writer.raw(known);
  }

  /** Writes attributes of a plain object, of which some may be undefined: those are none. */
  writeDefined(writer: ProtobufWriter, attributes: AttributeBag): void {
    // oxlint-disable-next-line guard-for-in
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) writeKeyValue(writer, this.#field, key, value);
    }
  }

  /** Writes names and values that come in turns. */
  writeEntries(writer: ProtobufWriter, entries: readonly unknown[]): void {
    for (let index = 0; index < entries.length; index += 2) {
      writeKeyValue(writer, this.#field, entries[index] as string, entries[index + 1]);
    }
  }

  #writeAll(writer: ProtobufWriter, attributes: AttributeBag): void {
    for (const key of Object.keys(attributes)) writeKeyValue(writer, this.#field, key, attributes[key]);
  }

  #learn(attributes: AttributeBag): Uint8Array | 'changeable' {
    let encoded: Uint8Array | 'changeable' = 'changeable';
    if (isConstant(attributes)) {
      const writer = new ProtobufWriter();
      this.#writeAll(writer, attributes);
      encoded = writer.take();
    }
    this.#known.set(attributes, encoded);
    return encoded;
  }
}

/** Whether nothing that is reached through a frozen object can change: no getter, no object inside. */
function isConstant(attributes: AttributeBag): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(attributes)).every(
    (property) => 'value' in property && (typeof property.value !== 'object' || property.value === null),
  );
}
