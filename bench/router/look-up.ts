// Prints the nanoseconds of one look-up among many routes.
import { createRouteTable } from '../../packages/router/src/routing/route-table.ts';
import { median } from '../measure.ts';

const count = Number(process.argv[2]);
const lookUps = 200_000;

const unmatched = (): never => {
  throw new Error('no route matches');
};
const table = createRouteTable(unmatched, unmatched);
const names = ['id', 'part'];
for (let index = 0; index < count; index++) {
  const route = `/api/v${index % 5}/things${index}/:id/parts/:part`;
  table.add({ method: 'GET', route, names, handle: unmatched } as unknown as Parameters<typeof table.add>[0]);
}
const paths = Array.from({ length: 100 }, (_, index) => {
  const route = Math.floor((index * count) / 100);
  return `/api/v${route % 5}/things${route}/42/parts/7`;
});

const times = Array.from({ length: 15 }, () => {
  const start = performance.now();
  for (let index = 0; index < lookUps; index++) table.match('GET', paths[index % 100]!, {});
  return ((performance.now() - start) * 1e6) / lookUps;
});
console.log(median(times.slice(4)));
