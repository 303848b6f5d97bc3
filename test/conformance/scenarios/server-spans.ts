import { kinds } from '../../packaging/loading.ts';
import { endedSpans } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';
import type { Received } from '../../support/otlp-sink.ts';

const serverKind = 2;

/** Server spans of the node:http instrumentation. */
export const serverSpans = (spans: readonly Received[]): readonly Received[] =>
  endedSpans(spans).filter(({ raw }) => raw['kind'] === serverKind);

/** A request to a node:http server creates a span, without a loader flag. */
export const serverSpanScenarios: readonly Scenario[] = kinds.map((kind) => ({
  title: `server spans of node:http, ${kind === 'cjs' ? 'CommonJS' : 'ES modules without a loader flag'}`,
  kind,
  collector: 'up',
  application: () => ({
    uses: { 'node:http': ['createServer'] },
    body: `
      const server = createServer((request, response) => response.end('hello'));
      server.listen(0, '127.0.0.1', () => console.log('port=' + server.address().port + ';'));
      // Longer than the batch delay.
      setTimeout(() => server.close(), 2500);`,
    env: promptly,
  }),
  act: async (program, sink) => {
    await program.printed(';');
    const port = /port=(\d+);/.exec(program.output)?.[1];
    await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    await sink.until(({ spans }) => serverSpans(spans)[0]);
    program.kill('SIGKILL');
  },
  judge: ({ spans }) => {
    const { length } = serverSpans(spans);
    return length === 1 ? undefined : length === 0 ? 'none' : `${length} spans for one request`;
  },
}));
