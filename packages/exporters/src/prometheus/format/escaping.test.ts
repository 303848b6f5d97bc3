import assert from 'node:assert/strict';
import { test } from 'node:test';

import { escapeName, type EscapingScheme } from './escaping.ts';

const cases: readonly [name: string, scheme: EscapingScheme, expected: string][] = [
  ['http.requests_total', 'allow-utf-8', 'http.requests_total'],
  ['http.requests_total', 'underscores', 'http_requests_total'],
  ['http.requests_total', 'dots', 'http_dot_requests__total'],
  ['http.requests_total', 'values', 'U__http_2e_requests__total'],
  ['plain_name', 'underscores', 'plain_name'],
  ['plain_name', 'values', 'plain_name'],
  ['plain_name', 'dots', 'plain__name'],
  ['1st', 'underscores', '_st'],
  ['1a', 'values', 'U___31_a'],
  ['0', 'values', 'U___30_'],
  ['größe', 'values', 'U__gr_f6__df_e'],
];

for (const [name, scheme, expected] of cases) {
  test(`${name} with ${scheme} is ${expected}`, () => {
    assert.equal(escapeName(name, scheme, true), expected);
  });
}
