import { encodedName } from '../../protobuf/key-cache.ts';
import type { EncodedBytes } from '../../protobuf/encoded-bytes.ts';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { writeKeyValue } from './any-value.ts';

const maxPlaces = 32;
// oxlint-disable-next-line typescript/unbound-method
const { hasOwnProperty } = Object.prototype;

/** Attributes of whatever kind of value. */
type AttributeBag = Readonly<Record<string, unknown>>;

/** Writes the attributes of one kind of message, and remembers those that cannot change. */
export class AttributeEncoder {
  readonly #field: number;
  readonly #known = new WeakMap<AttributeBag, Uint8Array | 'changeable'>();
  /** The names that came last, by their place: most objects are of the same few makers. */
  readonly #names: string[] = Array.from({ length: maxPlaces }, () => '');
  readonly #encodedNames: (EncodedBytes | undefined)[] = [];

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
  writeObject(writer: ProtobufWriter, attributes: AttributeBag): void {
    let place = 0;
    // oxlint-disable-next-line guard-for-in
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) this.#writeAt(place, writer, key, value);
      place++;
    }
  }

  /** Writes names and values that come in turns. */
  writePairs(writer: ProtobufWriter, entries: readonly unknown[]): void {
    for (let index = 0; index < entries.length; index += 2) {
      this.#writeAt(index, writer, entries[index] as string, entries[index + 1]);
    }
  }

  #writeAll(writer: ProtobufWriter, attributes: AttributeBag): void {
    let place = 0;
    for (const key in attributes) {
      // A compiler that sees this method in such a loop leaves it out, and looks nothing up.
      if (hasOwnProperty.call(attributes, key)) this.#writeAt(place++, writer, key, attributes[key]);
    }
  }

  #writeAt(place: number, writer: ProtobufWriter, key: string, value: unknown): void {
    const name = this.#names[place] === key ? this.#encodedNames[place] : this.#learnName(place, key);
    writeKeyValue(writer, this.#field, key, value, 0, name);
  }

  #learnName(place: number, key: string): EncodedBytes | undefined {
    const name = encodedName(key);
    if (name !== undefined && place < maxPlaces) {
      this.#names[place] = key;
      this.#encodedNames[place] = name;
    }
    return name;
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
