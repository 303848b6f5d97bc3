import { readdirSync } from 'node:fs';

// `npm run bench -- <name>` runs bench/<name>.ts.
const [name = ''] = process.argv.slice(2);
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'bench.ts')
  .map((file) => file.slice(0, -3));
if (known.includes(name)) {
  await import(`./${name}.ts`);
} else {
  console.error(`usage: npm run bench -- <${known.join(' | ')}>`);
  process.exitCode = 2;
}
