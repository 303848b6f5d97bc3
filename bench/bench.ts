const names = [
  'startup',
  'micro',
  'http',
  'prometheus',
  'console',
  'router',
  'dev',
  'delivery',
  'libraries',
] as const;

// `npm run bench -- <name>` runs bench/<name>.ts; `all` runs every benchmark in a separate process.
const [name = ''] = process.argv.slice(2);
if (name === 'all') await import('./all.ts');
else if (names.some((known) => known === name)) await import(`./${name}.ts`);
else {
  console.error(`usage: npm run bench -- <all | ${names.join(' | ')}>`);
  process.exitCode = 2;
}
