import assert from 'node:assert/strict';
import { test } from 'node:test';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { type RouteTable, createRouteTable } from './routing/route-table.ts';
import { RouterError } from './router-error.ts';
import { parameterNames } from './routing/template.ts';
import { type Random, seededRandom } from '@sonde/test-support/random';

const tables = 400;
const lookUpsPerTable = 300;
const methods: readonly [HTTPMethod, ...HTTPMethod[]] = ['GET', 'POST'];
const names: readonly [string, ...string[]] = [
  'a',
  'b',
  'ab',
  'abc',
  'a-b',
  'x.y',
  '~',
  'constructor',
  '__proto__',
];
// Text that no template has as a static segment, so that its encoding does not matter.
const values: readonly [string, ...string[]] = ['1', 'p%20q', 'u%2Fv', '%C3%A9', '%25', 'z+z', '100%25', 'é'];

function template(random: Random): string {
  const segments = Array.from({ length: 1 + random.below(5) }, (_, depth) =>
    random.below(3) === 0 ? `:p${depth}` : random.pick(names),
  );
  if (random.below(6) === 0) segments.push('*rest');
  else if (random.below(8) === 0) segments.push('');
  return `/${segments.join('/')}`;
}

function path(random: Random): string {
  const segments = Array.from({ length: 1 + random.below(6) }, () =>
    random.below(4) === 0 ? random.pick(values) : random.pick(names),
  );
  if (random.below(10) === 0) segments.push('');
  return `/${segments.join('/')}`;
}

/** Fills a template with values, or spoils it a little. */
function pathFor(route: string, random: Random): string {
  const filled = route
    .split('/')
    .map((segment) => (segment.startsWith(':') ? random.pick([...names, ...values]) : segment))
    .map((segment) => (segment.startsWith('*') ? path(random).slice(1) : segment));
  if (random.below(5) === 0) filled[random.below(filled.length)] = random.pick(names);
  return filled.join('/').startsWith('/') ? filled.join('/') : `/${filled.join('/')}`;
}

function add(table: RouteTable, method: string, route: string): boolean {
  try {
    table.add({ method, route, names: parameterNames(route), handle: () => route, bodyLimitBytes: 0 });
    return true;
  } catch (error) {
    if (error instanceof RouterError && error.code === 'SONDE_ROUTE_DUPLICATE') return false;
    throw error;
  }
}

test(`${tables * lookUpsPerTable} look-ups match those of find-my-way`, (t) => {
  const random = seededRandom(t);
  let compared = 0;
  let found = 0;
  for (let round = 0; round < tables; round++) {
    const oracle = findMyWay({ maxParamLength: 1000 });
    const table = createRouteTable(
      (handle) => ({ method: '', route: '', names: [], handle, bodyLimitBytes: 0 }),
      () => undefined,
    );
    const routes: [string, ...string[]] = ['/'];
    add(table, 'GET', '/');
    oracle.on('GET', '/', () => {}, '/');
    for (let count = 1 + random.below(40); count > 0; count--) {
      const method = random.pick(methods);
      const route = template(random);
      if (!add(table, method, route)) continue;
      oracle.on(method, route.replace('*rest', '*'), () => {}, route);
      routes.push(route);
    }
    for (let count = 0; count < lookUpsPerTable; count++) {
      const method = random.pick(methods);
      const target = random.below(3) === 0 ? path(random) : pathFor(random.pick(routes), random);
      const theirs = oracle.find(method, target);
      const params: Record<string, unknown> = {};
      const endpoint = table.match(method, target, params);
      const { '*': rest, ...named } = theirs?.params ?? {};
      // The one difference by intent: for find-my-way an empty segment is a parameter, too.
      if (Object.values(named).includes('')) continue;
      compared++;
      const expected = {
        route: theirs?.store ?? '',
        params: rest === undefined ? named : { ...named, rest },
      };
      const actual = { route: endpoint.route, params: { ...params } };
      assert.deepEqual(actual, expected, `${method} ${target} among ${routes.join(' ')}`);
      if (endpoint.route !== '') found++;
    }
  }
  t.diagnostic(`${compared} compared, ${found} of them found`);
  assert.ok(compared >= 100_000);
  assert.ok(found > compared / 4);
});
