import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findDuplicates, mustBeSingle } from '../../scripts/duplicates.ts';

test('reports two versions of an OpenTelemetry package with their dependents', () => {
  const packages = {
    'node_modules/@opentelemetry/instrumentation': { version: '0.301.0' },
    'node_modules/@opentelemetry/instrumentation-http': {
      version: '0.301.0',
      dependencies: { '@opentelemetry/instrumentation': '0.301.0' },
    },
    'node_modules/@opentelemetry/instrumentation-undici': {
      version: '0.34.0',
      dependencies: { '@opentelemetry/instrumentation': '^0.300.0' },
    },
    'node_modules/@opentelemetry/instrumentation-undici/node_modules/@opentelemetry/instrumentation': {
      version: '0.300.0',
    },
  };
  assert.deepEqual(findDuplicates({ packages }, mustBeSingle), [
    {
      name: '@opentelemetry/instrumentation',
      copies: [
        {
          version: '0.301.0',
          place: 'node_modules/@opentelemetry/instrumentation',
          dependents: ['@opentelemetry/instrumentation-http@0.301.0'],
        },
        {
          version: '0.300.0',
          place:
            'node_modules/@opentelemetry/instrumentation-undici/node_modules/@opentelemetry/instrumentation',
          dependents: ['@opentelemetry/instrumentation-undici@0.34.0'],
        },
      ],
    },
  ]);
});

test('reports two copies of the same version', () => {
  const packages = {
    'node_modules/a/node_modules/import-in-the-middle': { version: '3.6.0' },
    'node_modules/b/node_modules/import-in-the-middle': { version: '3.6.0' },
  };
  const [duplicate] = findDuplicates({ packages }, mustBeSingle);
  assert.equal(duplicate?.name, 'import-in-the-middle');
  assert.equal(duplicate.copies.length, 2);
});

test('accepts several versions of other packages', () => {
  const packages = {
    'node_modules/ms': { version: '2.1.3' },
    'node_modules/debug/node_modules/ms': { version: '2.0.0' },
  };
  assert.deepEqual(findDuplicates({ packages }, mustBeSingle), []);
});
