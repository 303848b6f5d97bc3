// Generates the PrometheusRule resource of the Prometheus operator from stack/prometheus/rules.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const root = join(import.meta.dirname, '..');
const source = 'stack/prometheus/rules';

/** Path of the resource, relative to the root of the repository. */
export const rulesPath = 'deploy/base/monitoring/rules.yaml';

/** Renders the resource from the rules of the stack. */
export async function prometheusRule(): Promise<string> {
  const files = (await readdir(join(root, source))).toSorted();
  const groups = await Promise.all(
    files.map(async (file) => parse(await readFile(join(root, source, file), 'utf8')).groups as unknown[]),
  );
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'sonde' },
    spec: { groups: groups.flat() },
  };
  const note = `# Generated from ${source} by npm run deploy:rules\n`;
  return note + stringify(object, { lineWidth: 0, singleQuote: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(join(root, rulesPath), await prometheusRule());
}
