import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startTesting } from '../testing.ts';
import { captureConsole } from './console.ts';

/** Captures the console for the time of a test; its own output stays. */
function capture(t: TestContext): ReturnType<typeof startTesting> {
  const telemetry = startTesting();
  const release = captureConsole(false);
  t.after(() => {
    release();
    telemetry[Symbol.dispose]();
  });
  return telemetry;
}

test('each console method emits a record of its level with the formatted text', (t) => {
  const telemetry = capture(t);
  console.debug('debug');
  console.log('%s has %d items', 'cart', 3);
  console.info({ id: 7 });
  console.warn('warned');
  console.error('failed');
  assert.deepEqual(
    telemetry.logs().map(({ severity, body }) => [severity, body]),
    [
      ['DEBUG', 'debug'],
      ['INFO', 'cart has 3 items'],
      ['INFO', '{ id: 7 }'],
      ['WARN', 'warned'],
      ['ERROR', 'failed'],
    ],
  );
});

test('the first error among the arguments becomes the exception of the record', (t) => {
  const telemetry = capture(t);
  console.error('failed:', new RangeError('too far'));
  const [record] = telemetry.logs();
  assert.equal(record?.attributes['exception.type'], 'RangeError');
  assert.equal(record.attributes['exception.message'], 'too far');
});

test('an argument whose inspection throws has the same effect as without Sonde, and no record', (t) => {
  const telemetry = capture(t);
  const hostile = {
    [Symbol.for('nodejs.util.inspect.custom')]: () => {
      throw new Error('no text');
    },
  };
  assert.throws(() => console.log('order', hostile), /no text/);
  assert.equal(telemetry.logs().length, 0);
});

test('the original methods are restored', () => {
  const originals = [console.log, console.error];
  captureConsole(false)();
  assert.deepEqual([console.log, console.error], originals);
});
