import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactQuery, redactText, redactUrl } from './redact-url.ts';
import { SensitiveKeys } from './sensitive-keys.ts';

const names = new SensitiveKeys();

/** Each input with what must become of it; one that stands alone stays as it is. */
function table(redact: (text: string) => string, rows: readonly (readonly [string, string?])[]): void {
  for (const [input, expected = input] of rows) assert.equal(redact(input), expected, input);
}

test('redacts secret parameters of a query, and keeps the rest', () => {
  table(
    (text) => redactQuery(text, names),
    [
      ['a=1&token=abc&b=2', 'a=1&token=REDACTED&b=2'],
      ['?access_token=abc', '?access_token=REDACTED'],
      ['access%5Ftoken=a%20b&x=%zz', 'access%5Ftoken=REDACTED&x=%zz'],
      ['API-Key=1;sig=2&Signature=3', 'API-Key=REDACTED;sig=REDACTED&Signature=REDACTED'],
      ['X-Amz-Credential=1&AWSAccessKeyId=2', 'X-Amz-Credential=REDACTED&AWSAccessKeyId=REDACTED'],
      ['user[password]=x&user%5Bpwd%5D=y', 'user[password]=REDACTED&user%5Bpwd%5D=REDACTED'],
      ['code=1&key=2&state=3', 'code=REDACTED&key=REDACTED&state=3'],
      ['password=a=b', 'password=REDACTED'],
      ['page=1&tokenizer=2&q=100%25&keyboard=us&author=me'],
      ['token=&token&=&&&'],
      [''],
      ['?'],
    ],
  );
});

test('redacts a parameter whose encoded URL contains a secret', () => {
  const inner = encodeURIComponent('https://idp/cb?token=abc');
  table(
    (text) => redactQuery(text, names),
    [
      [`next=${inner}&a=1`, 'next=REDACTED&a=1'],
      [`next=${encodeURIComponent(`https://a?b=${inner}`)}`, 'next=REDACTED'],
      [`next=${encodeURIComponent('https://u:p@idp/')}`, 'next=REDACTED'],
      [`body=${encodeURIComponent('token=1')}`, 'body=REDACTED'],
      [`next=${encodeURIComponent('https://idp/cb?page=2')}`],
    ],
  );
});

test('redacts credentials, query and fragment of a URL', () => {
  table(
    (text) => redactUrl(text, names),
    [
      ['https://user:pass@host:8443/a?b=1', 'https://REDACTED:REDACTED@host:8443/a?b=1'],
      ['https://user@host/', 'https://REDACTED@host/'],
      ['postgres://u:p@ss@host/db', 'postgres://REDACTED:REDACTED@host/db'],
      ['postgres://u:pa/s?s#w@host/db', 'postgres://REDACTED:REDACTED@host/db'],
      ['redis://:secret@cache:6379/0', 'redis://REDACTED:REDACTED@cache:6379/0'],
      ['//u:p@host/', '//REDACTED:REDACTED@host/'],
      ['/cb?code=abc&page=1#access_token=x', '/cb?code=REDACTED&page=1#access_token=REDACTED'],
      ['https://host/#a=1?token=2', 'https://host/#a=1?token=REDACTED'],
      ['https://medium.com/@author/a:b'],
      ['https://registry:4873/@scope/name'],
      ['http://[::1]:80/@x'],
      ['mailto:a@b.c'],
      ['not a url at all'],
      ['https://host/?'],
      ['://'],
    ],
  );
});

test('redacts URLs in a text', () => {
  table(
    (text) => redactText(text, names),
    [
      [
        'connect to postgres://u:p@db/shop failed, tried "http://a?token=1", <redis://x:y@z>',
        'connect to postgres://REDACTED:REDACTED@db/shop failed, tried "http://a?token=REDACTED", <redis://REDACTED:REDACTED@z>',
      ],
      ['at file:///srv/node_modules/.pnpm/@a+b@1.0.0/index.mjs:3:5\n  at x (file:///srv/@c/d.mjs:1:1)'],
      ['nothing: here @ all'],
    ],
  );
});

test('handles long hostile texts in linear time', () => {
  const hostile = [
    '&',
    ';',
    '=',
    '%',
    '@',
    ':',
    '://',
    '://u:',
    '?',
    '#',
    '%25',
    '[',
    'a=%3D&',
    'http://a:b/',
  ];
  for (const each of hostile) {
    const text = each.repeat(1_000_000 / each.length);
    for (const redact of [redactQuery, redactUrl, redactText]) {
      assert.ok(redact(text, names).length >= text.length / 2, each);
    }
  }
});
