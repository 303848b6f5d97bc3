import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactQuery, secretQueryNames } from './redact-query.ts';

const secrets = secretQueryNames.split(' ');

test('values of secrets in a query are redacted in any spelling of their names', () => {
  const written =
    'access_token accessToken AWSAccessKeyId X-Amz-Security-Token X-Amz-Signature X-Amz-Credential X-Goog-Signature ' +
    'sig Signature api_key api-key apiKey client_secret id_token refresh_token tokens token session ' +
    'sessionid PHPSESSID connect.sid password user[password] user%5Bpassword%5D p%61ssword pwd jwt code key';
  for (const name of written.split(' ')) {
    assert.equal(redactQuery(`a=1&${name}=x&b=2`, secrets), `a=1&${name}=REDACTED&b=2`);
  }
});

test('other query members stay unchanged', () => {
  const plain =
    'page=1&q=hello+world&zipcode=2&monkey=3&sort_key=name&author=me&keyboard=us&design=1&tokenizer=x&inside=1';
  for (const query of [plain, '', '&', '=', '==&&=', 'a=b=c', '%zz=1', '%', 'a', '__proto__=1']) {
    assert.equal(redactQuery(query, secrets), query);
  }
  assert.equal(redactQuery('password==x', secrets), 'password=REDACTED');
});
