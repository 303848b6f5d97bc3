import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactedMessage } from './redact-message.ts';
import { SensitiveKeys } from './sensitive-keys.ts';
import { redactedValues } from './secret-values.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

test('tokens are found wherever they stand, and only they are replaced', () => {
  const around = [
    '',
    ' ',
    'x ',
    'key=',
    '"',
    'a long sentence of many words before it, ',
    `${'y'.repeat(30)} `,
  ];
  for (const before of around) {
    for (const after of ['', ' ', '.', ', and so on', '"']) {
      const expected = `${before}REDACTED${after === '.' ? '' : after}`;
      assert.equal(redactedValues(`${before}${token}${after}`), expected);
    }
  }
  assert.equal(redactedValues(`${token} ${token}`), 'REDACTED REDACTED');
  assert.equal(redactedValues(token.slice(0, 30)), token.slice(0, 30), 'too short for one');
});

test('texts of every length up to 100 are searched to their end', () => {
  for (let length = 0; length < 100; length++) {
    for (const filler of ['x', ' ', 'ab ', 'é']) {
      const text = filler.repeat(length);
      assert.equal(redactedValues(text), text);
      assert.equal(redactedValues(`${text} ${token}`), `${text} REDACTED`);
      assert.equal(redactedValues(`${token} ${text}`), `REDACTED ${text}`);
    }
  }
});

test('several private keys and certificates are told apart', () => {
  const block = (label: string): string =>
    `-----BEGIN ${label}-----\n${'QUJD'.repeat(16)}\n-----END ${label}-----\n`;
  const certificate = block('CERTIFICATE');
  const bundle = `${certificate}${block('EC PRIVATE KEY')}${certificate}${block('PRIVATE KEY')}`;
  assert.equal(redactedValues(bundle), `${certificate}REDACTED\n${certificate}REDACTED\n`);
});

test('assignments in a message lose their values', () => {
  const names = new SensitiveKeys();
  for (const [message, expected = message] of [
    ['password=x', 'password=REDACTED'],
    ['password = x', 'password = REDACTED'],
    ['password: x, user: ada', 'password: REDACTED, user: ada'],
    [`{"password":"x","user":"ada"}`, `{"password":"REDACTED","user":"ada"}`],
    [`{'apiKey': 'a b'}`, `{'apiKey': 'REDACTED'}`],
    ['Server=db;Pwd=x;Database=shop', 'Server=db;Pwd=REDACTED;Database=shop'],
    ['Authorization: Bearer abc, host: x', 'Authorization: REDACTED, host: x'],
    ['user.password=x&a=1', 'user.password=REDACTED&a=1'],
    ['password=', 'password='],
    ['a=b=c: d', 'a=b=c: d'],
    ['time 12:30:00, author: ada'],
    ['password="x'],
  ] as const) {
    assert.equal(
      redactedMessage(message, names),
      message === 'password="x' ? 'password="REDACTED' : expected,
    );
  }
});
