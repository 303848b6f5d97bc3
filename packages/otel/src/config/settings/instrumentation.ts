import type { Instrumentation } from '@opentelemetry/instrumentation';
import { type Definitions, boolean, codeOnly } from '../setting.ts';
import { has, list, listOf } from './validators.ts';

export interface InstrumentConfig {
  readonly instrumentations: readonly Instrumentation[] | undefined;
  readonly 'instrumentation.discover': boolean;
  readonly 'instrumentation.enabled': readonly string[] | undefined;
  readonly 'instrumentation.disabled': readonly string[];
  readonly 'instrumentation.ignorePaths': readonly string[];
}

const shortNames = 'short names of instrumentations such as "express"';

export const instrumentSettings: Definitions<InstrumentConfig> = {
  instrumentations: codeOnly({
    allowed: 'an array of instrumentations',
    accepts: listOf(has('enable', 'setTracerProvider')),
    description:
      'Instrumentations with settings of your own; one that is installed or comes with Sonde gives way to them.',
  }),
  'instrumentation.discover': boolean({
    defaultValue: true,
    description: 'Starts the instrumentations that the application has installed.',
  }),
  'instrumentation.enabled': list({
    items: shortNames,
    env: 'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
    description:
      'The only instrumentations to start, of those that are installed and those that come with Sonde.',
  }),
  'instrumentation.disabled': list({
    items: shortNames,
    env: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
    defaultValue: [],
    description: 'Instrumentations not to start; they win over those that are enabled.',
  }),
  'instrumentation.ignorePaths': list({
    items: 'paths such as "/healthz"',
    env: 'SONDE_IGNORE_PATHS',
    defaultValue: ['/healthz', '/livez', '/readyz', '/health', '/ping', '/metrics'],
    description:
      'Incoming requests for exactly these paths, whatever their query, are neither traced nor measured.',
  }),
};
