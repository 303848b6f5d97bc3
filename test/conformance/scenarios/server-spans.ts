import { kinds } from '../../packaging/loading.ts';
import { endedSpans } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';
import type { Received } from '../../support/otlp-sink.ts';

const serverKind = 2;

/** The spans that the instrumentation of node:http made for incoming requests. */
export const serverSpans = (spans: readonly Received[]): readonly Received[] =>
  endedSpans(spans).filter(({ raw }) => raw['kind'] === serverKind);

/** A request that a server of the application's own receives is a span, without a flag that loads a loader. */
export const serverSpanScenarios: readonly Scenario[] = kinds.map((kind) => ({
  title: `server spans of node:http, ${kind === 'cjs' ? 'CommonJS' : 'ES modules without a loader flag'}`,
  kind,
  collector: 'up',
  application: () => ({
    uses: { 'node:http': ['createServer'] },
    body: `
      const server = createServer((request, response) => response.end('hello'));
      server.listen(0, '127.0.0.1', () => console.log('port=' + server.address().port + ';'));
      // Long enough for a batch to leave.
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
