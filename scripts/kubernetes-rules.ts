// Writes the rules of stack/prometheus/rules as the object that the Prometheus operator takes them in.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const root = join(import.meta.dirname, '..');
const source = 'stack/prometheus/rules';

/** Where the object is kept, from the root of the repository. */
export const rulesPath = 'deploy/base/monitoring/rules.yaml';

/** The text of the object, made from the rules of the stack. */
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
  const note = `# Made from ${source}: npm run deploy:rules\n`;
  return note + stringify(object, { lineWidth: 0, singleQuote: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(join(root, rulesPath), await prometheusRule());
}
