import type { ServiceConfig } from '../config.ts';
import { boolean, choice, custom, integer, type SettingsTable, text } from '../setting.ts';
import { hasMethods, everyItem, isObject, MAX_MS } from './shared.ts';

const isAttribute = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

export const serviceSettings: SettingsTable<ServiceConfig> = {
  disabled: boolean({
    env: 'OTEL_SDK_DISABLED',
    defaultValue: false,
    description: 'Disables telemetry: `start()` does nothing.',
  }),
  configFile: text({
    env: 'OTEL_CONFIG_FILE',
    description:
      'Path of a declarative configuration file (YAML). The file alone defines the pipelines: of the resource, traces, logs and metrics options only `traces.sampling.keep`, `logs.captureLoggers` and `logs.traceIds` apply.',
  }),
  engine: choice({
    choices: ['lean', 'standard'],
    env: 'SONDE_ENGINE',
    defaultValue: 'lean',
    description:
      "The SDK that creates spans, log records and metrics: `lean` is Sonde's own, with lower overhead; `standard` is `@opentelemetry/sdk-*`. Both feed the same processors, readers and exporters.",
  }),
  serviceName: text({
    description:
      'The name of the service, `service.name`; defaults to `OTEL_SERVICE_NAME`, else the name in the nearest package.json.',
  }),
  serviceVersion: text({
    description:
      'The version of the service, `service.version`; defaults to the version in the nearest package.json.',
  }),
  resource: custom({
    expected: 'an object of attributes, each a string, number or boolean',
    accepts: (value) => isObject(value) && !Array.isArray(value) && Object.values(value).every(isAttribute),
    description:
      'Resource attributes; they take precedence over `OTEL_RESOURCE_ATTRIBUTES` and detected attributes.',
  }),
  propagators: custom({
    expected: 'an array of propagators',
    accepts: everyItem(hasMethods('inject', 'extract', 'fields')),
    description: 'Propagators that replace those of `OTEL_PROPAGATORS`.',
  }),
  exit: {
    timeoutMs: integer({
      min: 0,
      max: MAX_MS,
      env: 'SONDE_EXIT_TIMEOUT',
      defaultValue: 2000,
      description: 'Timeout of the final flush when the process exits, in milliseconds.',
    }),
  },
};
