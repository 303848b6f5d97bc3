import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { commandText } from './redis.ts';
import { sanitizeQuery } from './sql.ts';

const queries: readonly (readonly [query: string, text: string, summary: string])[] = [
  [
    `SELECT * FROM users WHERE id = 42 AND name = 'O\\'Brien' -- 5`,
    'SELECT * FROM users WHERE id = ? AND name = ?',
    'SELECT users',
  ],
  [
    "select a.`x1` from `my db`.`users` u join orders o on o.id = u.id where u.e in (1, 2, '3')",
    'select a.`x1` from `my db`.`users` u join orders o on o.id = u.id where u.e in (?)',
    'SELECT my db.users orders',
  ],
  [
    `INSERT INTO t1 (a, b) VALUES (1, 'x''y'), (2, "z") ON DUPLICATE KEY UPDATE a = 3`,
    'INSERT INTO t1 (a, b) VALUES (?) ON DUPLICATE KEY UPDATE a = ?',
    'INSERT t1',
  ],
  [
    'UPDATE IGNORE users SET a = 0x1F, b = -1.5e-3 WHERE c = ?',
    'UPDATE IGNORE users SET a = ?, b = -? WHERE c = ?',
    'UPDATE users',
  ],
  ["DELETE FROM x WHERE y = 'no end", 'DELETE FROM x WHERE y = ?', 'DELETE x'],
  ["SELECT x'4D', _utf8'a', DATE '2020-01-01'", 'SELECT ?, _utf8?, DATE ?', 'SELECT'],
  ['INSERT INTO a SELECT * FROM b, c', 'INSERT INTO a SELECT * FROM b, c', 'INSERT a SELECT b c'],
  ['SELECT * FROM a ORDER BY b, c FOR UPDATE', 'SELECT * FROM a ORDER BY b, c FOR UPDATE', 'SELECT a'],
  ['CREATE TABLE IF NOT EXISTS a1 (id INT(11))', 'CREATE TABLE IF NOT EXISTS a1 (id INT(?))', 'CREATE a1'],
  ['SELECT * FROM users /* 5 */ LIMIT 10 # 6', 'SELECT * FROM users   LIMIT ?', 'SELECT users'],
  ['SET NAMES utf8; DROP TABLE z', 'SET NAMES utf8; DROP TABLE z', 'SET DROP z'],
  ['CALL report(1)', 'CALL report(?)', 'CALL report'],
  ['', '', ''],
];

suite('queries without values', () => {
  for (const [query, text, summary] of queries) {
    test(query, () => {
      assert.deepEqual(sanitizeQuery(query), { text, summary });
    });
  }

  test('no part of a literal remains, whatever surrounds it', () => {
    const secret = 'hunter2hunter2';
    const literals = [
      `'${secret}'`,
      `"${secret}"`,
      `'a''${secret}'`,
      String.raw`'\'${secret}'`,
      `N'${secret}'`,
    ];
    for (const before of ['=', '(', ', ', ' ', '`a`=', '--\n', '/**/', '1+', 'x.y=']) {
      for (const literal of literals) {
        const { summary, text } = sanitizeQuery(
          `SELECT ${before}${literal} FROM a WHERE b=${literal} OR c='${secret}`,
        );
        assert.ok(!text.includes(secret) && !summary.includes(secret), `${before}${literal}: ${text}`);
      }
    }
  });

  test('a query of any length has a bounded text and summary', () => {
    const long = `SELECT * FROM ${Array.from({ length: 5000 }, (_, index) => `table${index}`).join(', ')}`;
    const { summary, text } = sanitizeQuery(long);
    assert.ok(text.length <= 4096);
    assert.ok(summary.length <= 255);
  });
});

suite('commands of Redis without values', () => {
  const commands: readonly (readonly [expected: string, command: string, ...args: unknown[]])[] = [
    ['SET key ?', 'SET', 'key', 'secret'],
    ['HSET key ? ?', 'HSET', Buffer.from('key'), 'field', 'secret'],
    ['AUTH ? ?', 'AUTH', 'user', 'secret'],
    ['HELLO ? ? ? ?', 'HELLO', 3, 'AUTH', 'user', 'secret'],
    ['CONFIG ? ? ?', 'CONFIG', 'SET', 'requirepass', 'secret'],
    ['ACL ? ? ?', 'ACL', 'SETUSER', 'user', '>secret'],
    ['EVAL ? ? ?', 'EVAL', "return 'secret'", 0, 'secret'],
    ['UNHEARD.OF ?', 'UNHEARD.OF', 'secret'],
    ['PING', 'PING'],
  ];
  for (const [expected, command, ...args] of commands) {
    test(expected, () => assert.equal(commandText(command, args), expected));
  }

  test('long commands are cut', () => {
    const text = commandText(
      'MSET',
      Array.from({ length: 1000 }, () => 'x'.repeat(1000)),
    );
    assert.ok(text.length < 400);
  });
});
