// Checks that dependencies between the packages go one way; the linter checks the imports. Exits with 1 if one does not.
import { readFileSync } from 'node:fs';

/** The workspace packages that each package may depend on: at run time, and for its build or tests. */
const allowed = {
  router: { dependencies: [], devDependencies: ['@sonde/test-support'] },
  sdk: { dependencies: [], devDependencies: ['@sonde/test-support'] },
  exporters: { dependencies: [], devDependencies: ['@sonde/sdk', '@sonde/test-support'] },
  otel: { dependencies: ['@sonde/exporters'], devDependencies: ['@sonde/sdk', '@sonde/test-support'] },
  dev: {
    dependencies: ['@sonde/router', '@sonde/exporters'],
    devDependencies: ['@sonde/otel', '@sonde/sdk', '@sonde/test-support'],
  },
};

/** The router needs only the API and optional peers of its further entries, all other packages may depend on packages outside of this repository. */
const isChecked = (name, dependency) =>
  name === 'router' ? dependency !== '@opentelemetry/api' : dependency.startsWith('@sonde/');

for (const [name, { dependencies, devDependencies }] of Object.entries(allowed)) {
  const path = new URL(`../packages/${name}/package.json`, import.meta.url);
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const atRunTime = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  };
  for (const [peer, { optional }] of Object.entries(manifest.peerDependenciesMeta ?? {})) {
    if (optional && !peer.startsWith('@sonde/')) delete atRunTime[peer];
  }
  const unexpected = [
    ...Object.keys(atRunTime).filter((each) => isChecked(name, each) && !dependencies.includes(each)),
    ...Object.keys(manifest.devDependencies ?? {}).filter(
      (each) => each.startsWith('@sonde/') && ![...dependencies, ...devDependencies].includes(each),
    ),
  ];
  if (unexpected.length > 0) process.exitCode = 1;
  process.stdout.write(
    unexpected.length === 0
      ? `ok     @sonde/${name} depends on no other package than it may\n`
      : `FAILED @sonde/${name} must not depend on ${unexpected.join(', ')}\n`,
  );
}
