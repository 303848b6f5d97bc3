import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { test } from 'node:test';
import { bundledInstrumentations } from '../instrumentation/bundled.ts';
import { EsmFrameworkHook } from '../instrumentation/frameworks/framework-hook.ts';
import { getDefinitions } from '../instrumentation/patch-guard.ts';
import { getPackageName } from '../instrumentation/package-name.ts';
import { hookedEsModules, isHookedPackage } from './hooked-packages.ts';

const instrumentations = bundledInstrumentations({
  ignorePaths: [],
  redactQuery: (query) => query,
  usesUpstreamHttpServer: false,
  runtimeMetrics: { runtime: false, process: false },
  bridges: { capture: true, traceIds: true },
}).flatMap(({ create }) => create());

test('the packages of all hooks are marked in a bundle', () => {
  const names = instrumentations.flatMap(getDefinitions).map(({ name }) => name);
  const packages = [...new Set(names.filter((name) => !isBuiltin(name)).map(getPackageName))];
  assert.ok(packages.length > 10, packages.join());
  assert.deepEqual(
    packages.filter((name) => !isHookedPackage(name)),
    [],
  );
});

test('the ES modules of all hooks are hooked in a bundle', () => {
  const hooks = instrumentations.filter((each) => each instanceof EsmFrameworkHook);
  const files = hooks
    .flatMap(getDefinitions)
    .flatMap((definition) => definition.files.map(({ name }) => name));
  // Files of CommonJS builds need no list.
  const esModules = files.filter((name) => !name.includes('/cjs/'));
  assert.ok(esModules.length > 3, esModules.join());
  assert.deepEqual(
    esModules.filter((name) => !hookedEsModules.has(name)),
    [],
  );
});
