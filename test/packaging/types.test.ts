import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../support/run.ts';
import { project } from './installation.ts';

const modules = join(import.meta.dirname, '..', '..', 'node_modules');
const tsc = join(modules, '.bin', 'tsc');

const use = `
import { counter, getLogger, histogram, span, start, timed, traced, type Sonde } from '@sonde/otel';
import { startTesting, type TestSpan } from '@sonde/otel/testing';
import { createRouter } from '@sonde/router';
import { PrometheusExporter } from '@sonde/exporters';
import '@sonde/otel/register';

export const sonde: Sonde = start({ serviceName: 'consumer', logs: { level: 'info' } });
getLogger('consumer').info('Looking up a user', { 'user.id': '42' });
counter('http.requests').add(1);
export const looked: Promise<string> = span('look up', { 'user.id': '42' }, async () => 'Ada');
export const load: (id: number) => string = timed(histogram('load'), traced('load', (id: number) => String(id)));
export const spans = (): TestSpan[] => startTesting().spans();
export const exporter = new PrometheusExporter({ port: 0 });
createRouter().get('/users/:id', ({ params }) => {
  const id: string = params.id;
  return { id };
});

// @ts-expect-error an option that does not exist
start({ serviceNmae: 'consumer' });
// @ts-expect-error a parameter that is not in the template
createRouter().get('/users/:id', ({ params }) => params.name);
`;

// The CommonJS copy together with the ES module's.
const mountedCopy = `
import copy = require('@sonde/router');
createRouter().mount('/copy', copy.createRouter().get('/', () => copy.problem(404)));
`;

test('the types compile in a strict project, from CommonJS and ES modules, including dependencies', async (t) => {
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    // Every TypeScript project for Node.js has them.
    typeRoots: [join(modules, '@types')],
    skipLibCheck: false,
    noEmit: true,
  };
  const directory = await project(t, {
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['app.mts', 'app.cts'] }),
    'app.mts': use + mountedCopy,
    'app.cts': use,
  });
  const { code, output } = await run(tsc, ['--project', directory], directory);
  assert.equal(output, '');
  assert.equal(code, 0);
});
