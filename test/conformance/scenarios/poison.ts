import { faults } from '../observation.ts';
import { promptly, type Scenario } from '../scenario.ts';

const poison: Readonly<Record<string, string>> = {
  'circular body': `const circle = { name: 'circle' }; circle.self = circle; emit(circle);`,
  'throwing getter': `emit({ get broken() { throw new Error('getter'); } });`,
  'BigInt body': `emit({ amount: 10n });`,
};

/** A log record that cannot be encoded affects neither other records nor the caller. */
export const poisonScenarios: readonly Scenario[] = Object.entries(poison).map(([title, make]) => ({
  title: `poison log record: ${title}`,
  kind: 'cjs',
  collector: 'up',
  application: () => ({
    body: `
      emit('before');
      try { ${make} console.log('unharmed'); } catch (error) { console.log('threw', error); }
      emit('after');
      setTimeout(() => console.log('alive'), 1500);`,
    env: promptly,
  }),
  judge: ({ output, logs }) => {
    const arrived = new Set(logs.map(({ name }) => name));
    const lost = ['before', 'after'].filter((name) => !arrived.has(name));
    return faults(
      output.includes('unharmed') ? undefined : 'the caller gets an exception',
      output.includes('alive') ? undefined : 'the application dies',
      lost.length === 0 ? undefined : 'its batch is lost',
    );
  },
}));
