import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';
import { installedApi } from './scripts/installed-api.ts';
import { thirdPartyLicenses } from './scripts/third-party-licenses.ts';
import { withoutRequire } from './scripts/without-require.ts';

// CommonJS is sloppy by default, where an assignment to a frozen object fails silently; the sources are strict.
const outputOptions = { strict: true } as const;

// One build for every package: ES modules and CommonJS, each with types.
const everywhere: UserConfig = {
  cwd: process.cwd(),
  entry: ['src/{cookies,cors,delivery-worker,index,node,openapi,register,sse,testing,timeout}.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.15',
  tsconfig: '../../tsconfig.json',
  dts: { oxc: true },
  fixedExtension: true,
  // Workspace packages are bundled from their sources, so that a build holds one copy of each.
  inputOptions: { resolve: { conditionNames: ['@sonde/source', 'node'] } },
  checks: { legacyCjs: false },
  outputOptions,
  logLevel: 'warn',
};

/**
 * Builds a preload as one file, which loads and compiles faster. Bundles all dependencies from their ES modules, which run
 * faster than their CommonJS.
 */
const preload = (format: 'esm' | 'cjs'): UserConfig => ({
  ...everywhere,
  format,
  deps: {
    alwaysBundle: (id) => !isBuiltin(id),
    onlyBundle: false,
    dts: { alwaysBundle: [], neverBundle: true },
  },
  // require-in-the-middle logs one debug message; node:util's debuglog replaces the package.
  alias: {
    debug: join(process.cwd(), 'src/instrumentation/debuglog.cjs'),
    // Upstream imports it eagerly; Sonde loads it when the first hook is created.
    'import-in-the-middle': join(process.cwd(), 'src/instrumentation/import-in-the-middle.ts'),
  },
  outputOptions: { ...outputOptions, comments: { annotation: true, jsdoc: false, legal: false } },
  // The CommonJS bundle has the same content plus the API, so its licenses cover both.
  plugins: [withoutRequire(), format === 'cjs' ? thirdPartyLicenses() : installedApi()],
});

/** The bundler plug-ins, apart from the preload: a chunk that both use would be one more file to load at the start. */
const bundler: UserConfig = {
  ...everywhere,
  entry: { bundler: 'src/bundler.ts', 'webpack-loader': 'src/bundler/webpack-loader.ts' },
  clean: false,
  outputOptions: { ...outputOptions, exports: 'named' },
};

/** A command and its worker threads, which are separate files. It is not imported. */
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

/** Builds by package; other packages are libraries. */
const builds: Readonly<Record<string, UserConfig | UserConfig[]>> = {
  otel: [preload('esm'), preload('cjs'), bundler],
  dev: command,
};

// The module hooks must exist once per process, so they are not bundled. A process can have several copies of the API: the CommonJS
// preload bundles it to save fifty file reads; ES modules use the installed copy if it is complete.
export default defineConfig(builds[basename(process.cwd())] ?? everywhere);
