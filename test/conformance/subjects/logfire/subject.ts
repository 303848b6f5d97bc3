import { peerModules } from '../../peer-modules.ts';
import { apiCounter, type Subject } from '../../subject.ts';

/** logfire, pointed at a Collector in place of its own service. */
export const logfire: Subject = {
  title: 'logfire',
  package: '@pydantic/logfire-node',
  modules: () => peerModules('logfire'),
  files: import.meta.dirname,
  preload: { cjs: ['--require', './instrument.cjs'], mjs: ['--import', './instrument.mjs'] },
  preloadAgain: ['--import', './instrument.mjs'],
  logsModule: '@opentelemetry/api-logs',
  counter: apiCounter,
  prometheus: false,
  env: (endpoint) => ({
    LOGFIRE_TOKEN: 'write-token',
    LOGFIRE_BASE_URL: endpoint,
    LOGFIRE_SERVICE_NAME: 'conformance',
  }),
};
