// Starts Sonde with hostile environment variables; exits with 1 if the cost per character grows.
import { start } from '@sonde/otel';
import { assertLinear } from './growth.ts';

const variables: Readonly<Record<string, (text: string) => string>> = {
  OTEL_RESOURCE_ATTRIBUTES: (text) => `a=1,${text}`,
  OTEL_SERVICE_NAME: (text) => text,
  OTEL_EXPORTER_OTLP_HEADERS: (text) => `a=1,${text}`,
  OTEL_EXPORTER_OTLP_ENDPOINT: (text) => `http://localhost:4318/${text}`,
  OTEL_PROPAGATORS: (text) => text,
  OTEL_TRACES_SAMPLER_ARG: (text) => text,
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: (text) => `http,${text}`,
  SONDE_IGNORE_PATHS: (text) => text,
  SONDE_LOG_LEVEL: (text) => `info,a=debug,${text}`,
  SONDE_LOG_CONSOLE: (text) => text,
  SONDE_PROMETHEUS_ALLOWED_HOSTS: (text) => text,
  SONDE_REDACT_KEYS: (text) => text,
  SONDE_TRACES_KEEP: (text) => text,
  SONDE_MISSPELLED: (text) => text,
};
const units = ['a', '=', ',', '%41', 'a=b,', ':', 'http://a:b@', '('];
/** The time of a start varies by more than a short variable takes. */
const leastReferenceNs = 20;

const name = process.argv[2] ?? '';
const write = variables[name];
if (write === undefined) {
  process.stdout.write(Object.keys(variables).join('\n'));
} else {
  await assertLinear(
    async (text) => {
      process.env[name] = write(text);
      const sonde = start({ traces: { exporter: ['none'] }, metrics: { exporter: ['none'] } });
      await sonde.shutdown({ timeoutMs: 1 });
    },
    { units, leastReferenceNs },
  );
}
