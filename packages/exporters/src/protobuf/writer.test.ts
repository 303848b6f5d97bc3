import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { ProtobufReader } from './reader.ts';
import { encodedKey } from './encoded-bytes.ts';
import { ProtobufWriter } from './writer.ts';

/** The bytes that a write produces, in hexadecimal digits. */
function encode(write: (writer: ProtobufWriter) => void, capacity?: number): string {
  const writer = new ProtobufWriter(capacity);
  write(writer);
  return Buffer.from(writer.finish()).toString('hex');
}

/** Reads the only field of a message. */
function read<T>(write: (writer: ProtobufWriter) => void, value: (reader: ProtobufReader) => T): T {
  const reader = new ProtobufReader(Buffer.from(encode(write), 'hex'));
  assert.equal(reader.tag().field, 1);
  const result = value(reader);
  assert.ok(reader.isAtEnd);
  return result;
}

suite('integers', () => {
  for (const [value, bytes] of [
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [2 ** 31, '8080808008'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
  ] as const) {
    test(`${value} is a varint of ${bytes.length / 2} bytes`, () => {
      assert.equal(
        encode((writer) => writer.uint(1, value)),
        `08${bytes}`,
      );
    });
  }

  test('negative integers are ten bytes of two’s complement', () => {
    assert.equal(
      encode((writer) => writer.int(1, -1)),
      '08ffffffffffffffffff01',
    );
    for (const value of [-(2 ** 53) + 1, -(2 ** 32), -(2 ** 31) - 1, -128, 0, 2 ** 32, 2 ** 53 - 1]) {
      const bits = read(
        (writer) => writer.int(1, value),
        (reader) => reader.varint(),
      );
      assert.equal(BigInt.asIntN(64, bits), BigInt(value));
    }
  });

  test('bigints keep all 64 bits', () => {
    for (const value of [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n]) {
      const bits = read(
        (writer) => writer.bigint(1, value),
        (reader) => reader.varint(),
      );
      assert.equal(BigInt.asIntN(64, bits), value);
    }
  });

  test('sint is ZigZag encoded', () => {
    assert.equal(
      encode((writer) => [0, -1, 1, -2].forEach((value) => writer.sint(1, value))),
      '0800080108020803',
    );
  });

  test('fixed64 keeps signed and unsigned integers', () => {
    for (const value of [-(2 ** 53) + 1, -1, 0, 2 ** 32, 2 ** 53 - 1]) {
      const bits = read(
        (writer) => writer.fixed64(1, value),
        (reader) => reader.fixed64(),
      );
      assert.equal(BigInt.asIntN(64, bits), BigInt(value));
    }
    assert.equal(
      read(
        (writer) => writer.fixed64(1, Number.NaN),
        (reader) => reader.fixed64(),
      ),
      0n,
    );
  });
});

suite('times', () => {
  test('are exact to the nanosecond', () => {
    for (const [seconds, nanoseconds] of [
      [0, 0],
      [1, 1],
      [1_700_000_000, 123_456_789],
      [4_294_967_296, 999_999_999],
    ] as const) {
      const time = read(
        (writer) => writer.time(1, seconds, nanoseconds),
        (reader) => reader.fixed64(),
      );
      assert.equal(time, BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    }
  });

  test('before 1970 and invalid ones are 0', () => {
    for (const seconds of [-1, Number.NaN]) {
      assert.equal(
        read(
          (writer) => writer.time(1, seconds, 0),
          (reader) => reader.fixed64(),
        ),
        0n,
      );
    }
  });
});

suite('strings', () => {
  const texts = [0, 1, 47, 48, 49, 127, 128, 16_384].flatMap((length) => [
    'a'.repeat(length),
    'ü'.repeat(length),
  ]);

  test('of any length, ASCII or not, are UTF-8 with a length prefix', () => {
    for (const text of [...texts, '\u{1F600}', 'a\ud800']) {
      const bytes = read(
        (writer) => writer.string(1, text),
        (reader) => reader.delimited(),
      );
      assert.deepEqual(bytes, Buffer.from(text));
    }
  });

  test('the fast paths write the same bytes as the general path', () => {
    const key = encodedKey('http.route');
    assert.ok(key);
    for (const text of texts) {
      const fast = new ProtobufWriter();
      const expected = encode((writer) =>
        writer.message(9, () => {
          writer.string(1, 'http.route');
          writer.message(2, () => writer.string(1, text));
        }),
      );
      if (fast.keyAndString(9, key, 1, text))
        assert.equal(Buffer.from(fast.written).toString('hex'), expected);
      else assert.equal(fast.length, 0);
    }
    for (const value of [0, 1, 127, 128, 2 ** 31 - 1]) {
      const expected = encode((writer) =>
        writer.message(9, () => {
          writer.string(1, 'http.route');
          writer.message(2, () => writer.uint(3, value));
        }),
      );
      assert.equal(
        encode((writer) => assert.ok(writer.keyAndInteger(9, key, 3, value))),
        expected,
      );
    }
  });

  test('keys that are too long are not cached', () => {
    assert.equal(encodedKey('k'.repeat(65)), undefined);
    assert.equal(encodedKey('ключ')?.length, 10);
  });
});

test('ids in hexadecimal digits and in words are the same bytes', () => {
  const traceId = '0123456789abcdeffedcba9876543210';
  const expected = `0a10${traceId}`;
  assert.equal(
    encode((writer) => writer.hex(1, traceId)),
    expected,
  );
  assert.equal(
    encode((writer) => writer.hex(1, traceId.toUpperCase())),
    expected,
  );
  assert.equal(
    encode((writer) => writer.words(1, 0x01234567, 0x89abcdef | 0, 0xfedcba98 | 0, 0x76543210)),
    expected,
  );
  assert.equal(
    encode((writer) => writer.words(1, 1, 2)),
    '0a080000000100000002',
  );
});

test('messages of any size have correct length prefixes, whatever size was expected', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384, 100_000]) {
    for (const lengthBytes of [1, 2, 3]) {
      const content = Buffer.alloc(size, 7);
      const bytes = read(
        (writer) => {
          const start = writer.open(1, lengthBytes);
          writer.raw(content);
          writer.close(start, lengthBytes);
        },
        (reader) => reader.delimited(),
      );
      assert.deepEqual(bytes, content);
    }
  }
});

test('the buffer grows, and is reusable after rewind, clear and finish', () => {
  const writer = new ProtobufWriter(1);
  for (let index = 0; index < 1000; index++) writer.uint(1, index);
  const first = Buffer.from(writer.written);
  const { length } = writer;
  writer.string(2, 'discarded');
  writer.rewind(length);
  const finished = writer.finish();
  assert.deepEqual(Buffer.from(finished), first);
  assert.equal(writer.length, 0);
  writer.uint(1, 5);
  assert.deepEqual(Buffer.from(finished), first, 'finish() returns a copy');
  writer.clear();
  assert.equal(writer.written.length, 0);
});

test('the reader throws on truncated and malformed input', () => {
  const bytes = (hex: string): ProtobufReader => new ProtobufReader(Buffer.from(hex, 'hex'));
  assert.throws(() => bytes('80').varint(), RangeError);
  assert.throws(() => bytes('ff'.repeat(11)).varint(), /exceeds 64 bits/);
  assert.throws(() => bytes('05aa').delimited(), /exceeds the message/);
  assert.throws(() => bytes('00').fixed64(), RangeError);
  assert.throws(() => bytes('00').skip(3), /unknown wire type 3/);
});
