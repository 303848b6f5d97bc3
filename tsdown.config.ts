import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';
import { thirdPartyLicences } from './scripts/third-party-licences.ts';
import { withoutRequire } from './scripts/without-require.ts';

// One build for every package: what is published is ES modules and CommonJS, each with its own types.
const everywhere: UserConfig = {
  cwd: process.cwd(),
  entry: ['src/{index,register,testing}.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.15',
  tsconfig: '../../tsconfig.json',
  dts: { oxc: true },
  fixedExtension: true,
  // Workspace packages are bundled from their sources, so that a build holds one copy of each.
  inputOptions: { resolve: { conditionNames: ['@sonde/source', 'node'] } },
  checks: { legacyCjs: false },
  logLevel: 'warn',
};

/**
 * A preload is paid for at each start of a process: in one file it is read, and compiled, in a part of the time.
 * Everything becomes a part of it but what is named; from upstream's ES modules, which run faster
 * than its CommonJS.
 */
const preload = (format: 'esm' | 'cjs', apart: readonly string[]): UserConfig => ({
  ...everywhere,
  format,
  deps: {
    alwaysBundle: (id) => !isBuiltin(id) && !apart.some((name) => id === name || id.startsWith(`${name}/`)),
    onlyBundle: false,
    dts: { alwaysBundle: [], neverBundle: true },
  },
  // For the one message that require-in-the-middle debugs, Node has a logger of its own.
  alias: {
    debug: join(process.cwd(), 'src/instrumentation/debuglog.cjs'),
    // What upstream imports by itself; we load it when a hook is made.
    'import-in-the-middle': join(process.cwd(), 'src/instrumentation/import-in-the-middle.ts'),
  },
  outputOptions: { comments: { annotation: true, jsdoc: false, legal: false } },
  // CommonJS contains all that the ES modules contain, and the API.
  plugins: [withoutRequire(), ...(format === 'cjs' ? [thirdPartyLicences()] : [])],
});

/** A command and its worker threads, which are files of their own. Nobody imports it. */
const command: UserConfig = {
  ...everywhere,
  entry: {
    main: 'src/cli/main.ts',
    'writer-worker': 'src/store/writer-worker.ts',
    'reader-worker': 'src/store/reader-worker.ts',
  },
  format: 'esm',
  dts: false,
};

/** How each package is built; the others as libraries. */
const builds: Readonly<Record<string, UserConfig | UserConfig[]>> = {
  otel: [preload('esm', ['@opentelemetry/api']), preload('cjs', [])],
  dev: command,
};

// The hooks of modules have to be one copy for all: they are loaded, and no part of it. Of the API, which is fifty files, a process may have several: a
// preload comes before the application's, and an ES module that loads this has the API already.
export default defineConfig(builds[basename(process.cwd())] ?? everywhere);
