import type { Config } from '../config.ts';
import { boolean, custom, type SettingsTable } from '../setting.ts';
import { hasMethods, everyItem, list } from './shared.ts';

const shortNames = 'short names of instrumentations such as "express"';

export const instrumentationSettings: SettingsTable<Pick<Config, 'instrumentation' | 'instrumentations'>> = {
  instrumentations: custom({
    expected: 'an array of instrumentations',
    accepts: everyItem(hasMethods('enable', 'setTracerProvider')),
    description:
      'Instrumentation objects that you configured; each replaces the installed or bundled one of the same name.',
  }),
  instrumentation: {
    discover: boolean({
      defaultValue: true,
      description: 'Enables the instrumentation packages that are installed in the application.',
    }),
    enabled: list({
      items: shortNames,
      env: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
      description: 'The only instrumentations to enable, of the installed and the bundled ones.',
    }),
    disabled: list({
      items: shortNames,
      env: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
      defaultValue: [],
      description: 'Instrumentations to disable; takes precedence over `instrumentation.enabled`.',
    }),
    ignorePaths: list({
      items: 'paths such as "/healthz"',
      env: 'SONDE_IGNORE_PATHS',
      defaultValue: ['/healthz', '/livez', '/readyz', '/health', '/ping', '/metrics'],
      description: 'Paths, without query, whose incoming requests get no span and no metrics.',
    }),
  },
};
