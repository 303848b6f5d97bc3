import { peerModules } from '../../peer-modules.ts';
import { specified, type Subject } from '../../subject.ts';

/** autotel, with its set-up file for each kind of module. */
export const autotel: Subject = {
  title: 'autotel',
  package: 'autotel',
  modules: () => peerModules('autotel'),
  files: import.meta.dirname,
  preload: { cjs: ['--require', './instrument.cjs'], mjs: ['--import', './instrument.mjs'] },
  preloadAgain: ['--import', './instrument.mjs'],
  logsModule: '@opentelemetry/api-logs',
  counter: { module: 'autotel', name: 'createCounter', make: `createCounter('early')` },
  prometheus: false,
  env: specified,
};
