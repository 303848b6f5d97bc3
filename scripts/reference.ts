// Writes docs/reference/configuration.md from the definitions that the options are checked against.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settings } from '../packages/otel/src/config/settings.ts';

/** Where the page lives. */
export const page: string = join(import.meta.dirname, '..', 'docs', 'reference', 'configuration.md');

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;

function shownDefault(value: unknown): string {
  if (value === undefined) return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The text of the page. */
export function reference(): string {
  const rows = Object.entries(settings).map(([path, { env, defaultValue, allowed, description }]) =>
    [code(path), env.map(code).join(', '), shownDefault(defaultValue), cell(allowed), cell(description)].join(
      ' | ',
    ),
  );
  return `# Configuration

Every option of \`start()\`, by its path: \`metrics.prometheus.port\` is \`start({ metrics: { prometheus: { port: 9464 } } })\`.
An option wins over its environment variable, the first of them that is set over the next, and both over the default. An
option that is not allowed throws \`SondeConfigError\`; a variable that is not allowed is told once and ignored.

Variables of the specification that are not listed here mean what the specification says: \`OTEL_EXPORTER_OTLP_*\` (endpoint,
headers, timeout, compression, certificates, temporality preference and default histogram aggregation of metrics; each for
one signal or for all), \`OTEL_TRACES_SAMPLER\`, \`OTEL_TRACES_SAMPLER_ARG\`, \`OTEL_PROPAGATORS\`, \`OTEL_RESOURCE_ATTRIBUTES\`,
\`OTEL_SERVICE_NAME\`, \`OTEL_LOG_LEVEL\`, and the limits of spans and log records; the length of a value is limited to 65,536
characters where the specification has no limit.

This page is made by \`npm run reference\` from the definitions in \`packages/otel/src/config/settings\`.

| option | variable | default | allowed | what it does |
| --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

if (import.meta.main) await writeFile(page, reference());
