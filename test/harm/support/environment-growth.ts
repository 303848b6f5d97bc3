// Starts Sonde with hostile settings; exits with 1 if the cost per character grows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logs } from '@opentelemetry/api';
import { start } from '@sonde/otel';
import { assertLinear, numbered } from './growth.ts';

/** Writes a hostile text to where a start reads it. */
type Write = (text: string) => void;

const variable =
  (name: string, value: (text: string) => string = (text) => text): Write =>
  (text) => {
    process.env[name] = value(text);
  };
/** Sets a variable to a list whose items differ. */
const distinct = (name: string, item: string): Write => variable(name, (text) => numbered(item, text.length));

/** Writes the package.json of the application that is started. */
function writePackageJson(): Write {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-growth-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  process.argv[1] = join(folder, 'app.js');
  return (text) =>
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: `a${text}`, version: text, [text]: text }),
    );
}

const sources: Readonly<Record<string, () => Write>> = {
  OTEL_RESOURCE_ATTRIBUTES: () => variable('OTEL_RESOURCE_ATTRIBUTES', (text) => `a=1,${text}`),
  OTEL_SERVICE_NAME: () => variable('OTEL_SERVICE_NAME'),
  OTEL_EXPORTER_OTLP_HEADERS: () => variable('OTEL_EXPORTER_OTLP_HEADERS', (text) => `a=1,${text}`),
  OTEL_EXPORTER_OTLP_ENDPOINT: () =>
    variable('OTEL_EXPORTER_OTLP_ENDPOINT', (text) => `http://localhost:4318/${text}`),
  OTEL_PROPAGATORS: () => variable('OTEL_PROPAGATORS'),
  OTEL_TRACES_SAMPLER_ARG: () => variable('OTEL_TRACES_SAMPLER_ARG'),
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: () =>
    variable('OTEL_NODE_ENABLED_INSTRUMENTATIONS', (text) => `http,${text}`),
  SONDE_IGNORE_PATHS: () => variable('SONDE_IGNORE_PATHS'),
  SONDE_LOG_LEVEL: () => variable('SONDE_LOG_LEVEL', (text) => `info,a=debug,${text}`),
  SONDE_LOG_CONSOLE: () => variable('SONDE_LOG_CONSOLE'),
  SONDE_PROMETHEUS_ALLOWED_HOSTS: () => variable('SONDE_PROMETHEUS_ALLOWED_HOSTS'),
  SONDE_REDACT_KEYS: () => variable('SONDE_REDACT_KEYS'),
  SONDE_TRACES_KEEP: () => variable('SONDE_TRACES_KEEP'),
  SONDE_MISSPELLED: () => variable('SONDE_MISSPELLED'),
  'package.json': writePackageJson,
  'many OTEL_RESOURCE_ATTRIBUTES': () => distinct('OTEL_RESOURCE_ATTRIBUTES', 'a#=b,'),
  'many OTEL_NODE_ENABLED_INSTRUMENTATIONS': () => distinct('OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'a#,'),
  'many SONDE_REDACT_KEYS': () => distinct('SONDE_REDACT_KEYS', 'a#,'),
  'many OTEL_EXPORTER_OTLP_HEADERS': () => distinct('OTEL_EXPORTER_OTLP_HEADERS', 'a#=b,'),
  'many OTEL_PROPAGATORS': () => distinct('OTEL_PROPAGATORS', 'a#,'),
  'many SONDE_IGNORE_PATHS': () => distinct('SONDE_IGNORE_PATHS', '/a#,'),
  'many SONDE_LOG_LEVEL': () => distinct('SONDE_LOG_LEVEL', 'a#=debug,'),
  'many SONDE_PROMETHEUS_ALLOWED_HOSTS': () => distinct('SONDE_PROMETHEUS_ALLOWED_HOSTS', 'a#.example,'),
  'templates of SONDE_LOG_CONSOLE': () => variable('SONDE_LOG_CONSOLE', (text) => `%(message)s ${text}`),
};
const units = ['a', '=', ',', '%41', 'a=b,', ':', 'http://a:b@', '('];
const templateUnits = ['a', '%', '%%', '%(', '%(message)s', '%(asctime)s', '%(a', ')s', '%-5d'];
/** The time of a start varies by more than a short text takes. An item of a list costs more than a character of a text. */
const leastReferenceNs = { text: 20, list: 100 };

const name = process.argv[2] ?? '';
const write = sources[name]?.();
if (write === undefined) {
  process.stdout.write(Object.keys(sources).join('\n'));
} else {
  const isTemplate = name.startsWith('templates');
  const isNumbered = name.startsWith('many');
  await assertLinear(
    async (text) => {
      write(text);
      const sonde = start({ traces: { exporter: ['none'] }, metrics: { exporter: ['none'] } });
      if (isTemplate) logs.getLogger('@sonde/router').emit({ body: 'x' });
      await sonde.shutdown({ timeoutMs: 1 });
    },
    {
      units: isTemplate ? templateUnits : isNumbered ? ['a'] : units,
      leastReferenceNs: isNumbered ? leastReferenceNs.list : leastReferenceNs.text,
    },
  );
}
