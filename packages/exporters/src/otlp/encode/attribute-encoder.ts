import { type EncodedBytes, encodedKey } from '../../protobuf/encoded-bytes.ts';
import { ProtobufWriter } from '../../protobuf/writer.ts';
import { writeKeyValue } from './any-value.ts';

const maxPositions = 32;
// oxlint-disable-next-line typescript/unbound-method
const { hasOwnProperty } = Object.prototype;

/** Attributes with values of any type. */
type AttributeBag = Readonly<Record<string, unknown>>;

/** Writes the attributes of one message type, and caches the encoding of immutable attribute objects. */
export class AttributeEncoder {
  readonly #field: number;
  readonly #cache = new WeakMap<AttributeBag, Uint8Array | 'mutable'>();
  /** The last keys seen at each position: most attribute objects come from the same few call sites. */
  readonly #keys: string[] = Array.from({ length: maxPositions }, () => '');
  readonly #encodedKeys: (EncodedBytes | undefined)[] = [];

  /** @param field the field number of the repeated `KeyValue` */
  constructor(field: number) {
    this.#field = field;
  }

  /** Throws the error of a getter, or a `RangeError` if a value is nested too deeply. */
  write(writer: ProtobufWriter, attributes: AttributeBag | undefined): void {
    if (attributes === undefined || attributes === null) return;
    if (Object.isFrozen(attributes)) this.writeShared(writer, attributes);
    else this.#writeAll(writer, attributes);
  }

  /** Writes an attribute object that the caller never changes. */
  writeShared(writer: ProtobufWriter, attributes: AttributeBag): void {
    const cached = this.#cache.get(attributes) ?? this.#encodeOnce(attributes);
    if (cached === 'mutable') this.#writeAll(writer, attributes);
    else writer.raw(cached);
  }

  /** Writes the attributes of a plain object without those that are undefined. */
  writeObject(writer: ProtobufWriter, attributes: AttributeBag): void {
    let position = 0;
    // oxlint-disable-next-line guard-for-in
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) this.#writeAt(position, writer, key, value);
      position++;
    }
  }

  /** Writes alternating keys and values. */
  writePairs(writer: ProtobufWriter, pairs: readonly unknown[]): void {
    for (let index = 0; index < pairs.length; index += 2) {
      this.#writeAt(index, writer, pairs[index] as string, pairs[index + 1]);
    }
  }

  #writeAll(writer: ProtobufWriter, attributes: AttributeBag): void {
    let position = 0;
    for (const key in attributes) {
      // V8 eliminates `hasOwnProperty` calls in `for…in` loops.
      if (hasOwnProperty.call(attributes, key)) this.#writeAt(position++, writer, key, attributes[key]);
    }
  }

  #writeAt(position: number, writer: ProtobufWriter, key: string, value: unknown): void {
    const cachedKey =
      this.#keys[position] === key ? this.#encodedKeys[position] : this.#cacheKey(position, key);
    writeKeyValue(writer, this.#field, key, value, 0, cachedKey);
  }

  #cacheKey(position: number, key: string): EncodedBytes | undefined {
    const cachedKey = encodedKey(key);
    if (cachedKey !== undefined && position < maxPositions) {
      this.#keys[position] = key;
      this.#encodedKeys[position] = cachedKey;
    }
    return cachedKey;
  }

  #encodeOnce(attributes: AttributeBag): Uint8Array | 'mutable' {
    let encoded: Uint8Array | 'mutable' = 'mutable';
    if (isImmutable(attributes)) {
      const writer = new ProtobufWriter();
      this.#writeAll(writer, attributes);
      encoded = writer.finish();
    }
    this.#cache.set(attributes, encoded);
    return encoded;
  }
}

/** Whether a frozen object is immutable throughout: no getters, no nested objects. */
function isImmutable(attributes: AttributeBag): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(attributes)).every(
    (property) => 'value' in property && (typeof property.value !== 'object' || property.value === null),
  );
}
