// Generates docs/reference/configuration.md from the definitions that validate the options.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settings } from '../packages/otel/src/config/settings/settings.ts';
import { listSettings } from '../packages/otel/src/config/setting.ts';

/** Path of the page. */
export const page: string = join(import.meta.dirname, '..', 'docs', 'reference', 'configuration.md');

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;

function formatDefault(value: unknown): string {
  if (value === undefined) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Renders the page. */
export function reference(): string {
  const rows = listSettings(settings).map(([path, { env, defaultValue, expected, description }]) =>
    [
      code(path),
      env.map(code).join(', '),
      formatDefault(defaultValue),
      cell(expected),
      cell(description),
    ].join(' | '),
  );
  return `# Configuration

Every option of \`start()\`, by its path: \`metrics.prometheus.port\` is \`start({ metrics: { prometheus: { port: 9464 } } })\`.
An option takes precedence over its environment variables, the first variable that is set over later ones, and all over the
default. \`start()\` throws \`SondeConfigError\` for invalid options; invalid variables are logged once and ignored.

Sonde also supports these variables of the specification: \`OTEL_EXPORTER_OTLP_*\` (endpoint, insecure, headers, timeout, compression,
certificates, temporality preference and default histogram aggregation of metrics; each for one signal or for all),
\`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\`, \`OTEL_PROPAGATORS\`, \`OTEL_RESOURCE_ATTRIBUTES\`, \`OTEL_SERVICE_NAME\`,
\`OTEL_LOG_LEVEL\`, and the limits of spans and log records. The default length limit of attribute values is 65,536 characters, where
the specification has no limit.

\`npm run reference\` generates this page from the definitions in \`packages/otel/src/config/settings\`.

| option | variable | default | allowed values | description |
| --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

if (import.meta.main) await writeFile(page, reference());
