import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactMessage } from './redact-message.ts';
import { SensitiveKeys } from './sensitive-keys.ts';
import { redactValues } from './secret-values.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

test('redacts tokens anywhere in a text, and nothing else', () => {
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
      assert.equal(redactValues(`${before}${token}${after}`), expected);
    }
  }
  assert.equal(redactValues(`${token} ${token}`), 'REDACTED REDACTED');
  assert.equal(redactValues(token.slice(0, 30)), token.slice(0, 30), 'too short for one');
});

test('searches texts of every length up to 100 to their end', () => {
  for (let length = 0; length < 100; length++) {
    for (const filler of ['x', ' ', 'ab ', 'é']) {
      const text = filler.repeat(length);
      assert.equal(redactValues(text), text);
      assert.equal(redactValues(`${text} ${token}`), `${text} REDACTED`);
      assert.equal(redactValues(`${token} ${text}`), `REDACTED ${text}`);
    }
  }
});

test('distinguishes private keys from certificates', () => {
  const block = (label: string): string =>
    `-----BEGIN ${label}-----\n${'QUJD'.repeat(16)}\n-----END ${label}-----\n`;
  const certificate = block('CERTIFICATE');
  const bundle = `${certificate}${block('EC PRIVATE KEY')}${certificate}${block('PRIVATE KEY')}`;
  assert.equal(redactValues(bundle), `${certificate}REDACTED\n${certificate}REDACTED\n`);
});

test('redacts the values of assignments in a message', () => {
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
    assert.equal(redactMessage(message, names), message === 'password="x' ? 'password="REDACTED' : expected);
  }
});
