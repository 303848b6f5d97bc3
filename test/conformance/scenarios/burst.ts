import { promptly, type Scenario } from '../scenario.ts';

const size = 10_000;

/** More log records in one tick than common queue sizes: all must arrive. */
export const burst: Scenario = {
  title: `burst of ${size.toLocaleString('en')} log records in one tick`,
  kind: 'cjs',
  collector: 'up',
  application: () => ({
    body: `for (let i = 0; i < ${size}; i++) emit('record ' + i); setTimeout(() => {}, 5000);`,
    env: promptly,
  }),
  act: async (program, sink) => {
    await sink.until(({ logs }) => (logs.length >= size ? true : undefined));
    program.kill('SIGKILL');
  },
  judge: ({ logs }) => {
    const arrived = new Set(logs.map(({ name }) => name).filter((name) => name.startsWith('record '))).size;
    return arrived === size ? undefined : `${arrived.toLocaleString('en')} arrive`;
  },
};
