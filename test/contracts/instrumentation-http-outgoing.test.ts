import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type * as nodeHttp from 'node:http';
import type * as nodeHttps from 'node:https';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

const load = createRequire(import.meta.url);

test('instrumentation-http without its server part does not patch servers', (t) => {
  const instrumentation = new HttpInstrumentation({ disableIncomingRequestInstrumentation: true });
  t.after(() => instrumentation.disable());
  const http = load('http') as typeof nodeHttp;
  const https = load('https') as typeof nodeHttps;
  for (const { Server } of [http, https]) {
    assert.equal(Object.hasOwn(Server.prototype, 'emit'), false);
    assert.equal(Reflect.get(Server.prototype, 'emit'), Reflect.get(EventEmitter.prototype, 'emit'));
  }
  for (const { request, get } of [http, https]) {
    assert.equal(request.name, request === http.request ? 'outgoingRequest' : 'httpsOutgoingRequest');
    assert.ok('__wrapped' in get);
  }
});
