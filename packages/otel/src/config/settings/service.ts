import type { TextMapPropagator } from '@opentelemetry/api';
import type { EngineName } from '../engine-name.ts';
import { type Definitions, boolean, codeOnly, integer, text, choice } from '../setting.ts';
import { has, isObject, listOf, maxMs } from './validators.ts';

const isAttribute = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

export interface ServiceConfig {
  readonly disabled: boolean;
  readonly configFile: string | undefined;
  readonly engine: EngineName;
  readonly serviceName: string | undefined;
  readonly serviceVersion: string | undefined;
  readonly resource: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly propagators: readonly TextMapPropagator[] | undefined;
  readonly 'exit.timeoutMs': number;
}

export const serviceSettings: Definitions<ServiceConfig> = {
  disabled: boolean({ env: 'OTEL_SDK_DISABLED', defaultValue: false, description: 'Starts nothing.' }),
  configFile: text({
    env: 'OTEL_CONFIG_FILE',
    description:
      'A declarative configuration file; it decides where telemetry goes, and the options for that are not used; redaction and `traces.sampling.keep` are.',
  }),
  engine: choice({
    choices: ['lean', 'standard'],
    env: 'SONDE_ENGINE',
    defaultValue: 'lean',
    description:
      "What makes spans, log records and metrics: `lean`, classes of Sonde that feed the same processors, readers and exporters for less; or `standard`, upstream's SDK.",
  }),
  serviceName: text({
    description:
      'The name of the service, `service.name`; else `OTEL_SERVICE_NAME`, else the name in the nearest package.json.',
  }),
  serviceVersion: text({
    description:
      'The version of the service, `service.version`; else the version in the nearest package.json.',
  }),
  resource: codeOnly({
    allowed: 'an object of attributes, each a string, number or boolean',
    accepts: (value) => isObject(value) && !Array.isArray(value) && Object.values(value).every(isAttribute),
    description: 'Resource attributes; they win over `OTEL_RESOURCE_ATTRIBUTES` and over detected ones.',
  }),
  propagators: codeOnly({
    allowed: 'an array of propagators',
    accepts: listOf(has('inject', 'extract', 'fields')),
    description: 'Propagators in place of those that `OTEL_PROPAGATORS` names.',
  }),
  'exit.timeoutMs': integer({
    min: 0,
    max: maxMs,
    env: 'SONDE_EXIT_TIMEOUT',
    defaultValue: 2000,
    description: 'Milliseconds that the last export may take when the process ends.',
  }),
};
