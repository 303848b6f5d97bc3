// Loads a server at a fixed rate, in a separate process on the core of the load generator.
import { pacedLoad } from '../../test/support/paced-load.ts';
import { traceparent } from './traceparent.ts';

const [url = '', perSecond, count, parent] = process.argv.slice(2);
const headers =
  parent === 'traceparent'
    ? { headers: (index: number) => ({ traceparent: traceparent(index % 1000) }) }
    : {};
console.log(
  JSON.stringify(await pacedLoad({ url, perSecond: Number(perSecond), count: Number(count), ...headers })),
);
