// `npm run conformance` runs the table of behavior, `npm run conformance -- delivery` the table of delivery.
const [table] = process.argv.slice(2);
if (table === 'delivery') await import('../delivery/run.ts');
else if (table === undefined || table.startsWith('--')) await import('./run.ts');
else {
  console.error('usage: npm run conformance [-- delivery]');
  process.exitCode = 2;
}
