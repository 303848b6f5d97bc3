import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { defineConfig } from 'tsdown';
import { thirdPartyLicences } from './scripts/third-party-licences.ts';

/** A preload is paid for at each start of a process: in one file it is read, and compiled, in a part of the time. */
const isPreload = basename(process.cwd()) === 'otel';

/** What has to be one copy for all: the API, and the hooks of modules. */
const shared: readonly string[] = ['@opentelemetry/api', 'import-in-the-middle'];

/** Whether a module becomes a part of the preload; from upstream's ES modules, which run faster than its CommonJS. */
const isBundled = (id: string): boolean =>
  !isBuiltin(id) && !shared.some((name) => id === name || id.startsWith(`${name}/`));

// One build for every package: what is published is ES modules and CommonJS, each with its own types.
export default defineConfig({
  cwd: process.cwd(),
  entry: ['src/{index,internal,register,testing}.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.15',
  tsconfig: '../../tsconfig.json',
  dts: { oxc: true },
  fixedExtension: true,
  checks: { legacyCjs: false },
  logLevel: 'warn',
  ...(isPreload && {
    deps: { alwaysBundle: isBundled, onlyBundle: false, dts: { alwaysBundle: [], neverBundle: true } },
    plugins: [thirdPartyLicences()],
  }),
});
