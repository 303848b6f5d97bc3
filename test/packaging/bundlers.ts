import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { lockedModules } from '../support/locked-modules.ts';

/** The module system of a bundle. */
export type Format = 'cjs' | 'esm';

/** Options of a bundle. */
export interface BundleOptions {
  /** The directory of the application. */
  readonly cwd: string;
  /** The file that the application begins with, in that directory. */
  readonly entry: string;
  /** The directory that the bundle is written to. */
  readonly outDir: string;
  readonly format: Format;
  readonly minify: boolean;
  /** Marks all packages as external; only for esbuild. */
  readonly external: boolean;
  /** Whether the plug-in of `@sonde/otel/bundler` is used, of the copy that the application has. */
  readonly withPlugin?: boolean;
}

/** The plug-ins of `@sonde/otel/bundler`. */
interface SondePlugins {
  readonly esbuildPlugin: () => object;
  readonly rollupPlugin: () => object;
  readonly WebpackPlugin: new () => object;
}

/** Loads the plug-ins of the copy of Sonde that an application has. */
export function loadPlugins(cwd: string): SondePlugins {
  const require = createRequire(join(cwd, 'app.mjs'));
  // The built file, because this process has the condition of the sources.
  const home = dirname(require.resolve('@sonde/otel/package.json'));
  return require(join(home, 'dist', 'bundler.cjs')) as SondePlugins;
}

/** Returns the plug-in for a bundler, in a list; an empty list if it is not used. */
const plugins = (
  { cwd, withPlugin = false }: BundleOptions,
  create: (exported: SondePlugins) => object,
): object[] => (withPlugin ? [create(loadPlugins(cwd))] : []);

type Build = (options: object) => Promise<unknown>;

/** Result of Rollup and Rolldown, to be written. */
type Generate = (options: object) => Promise<{
  write(options: object): Promise<unknown>;
  close(): Promise<void>;
}>;

interface Plugin {
  readonly default: (options?: object) => object;
}

type Minify = (code: string, options: object) => Promise<object>;

const folder = join(import.meta.dirname, 'bundlers');

/** Installs the bundlers when they are missing. Rejects if the registry is unreachable. */
export const lockedBundlers = (): Promise<string> => lockedModules(folder);

/** Loads the API of a bundler. */
async function load<Api>(name: string): Promise<Api> {
  const modules = await lockedBundlers();
  return createRequire(join(modules, 'index.js'))(name) as Api;
}

const extensions = { cjs: 'cjs', esm: 'mjs' } as const;

/** ES modules have no `require`, which CommonJS packages call for modules of Node.js. */
const createRequireBanner =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

async function esbuild(options: BundleOptions): Promise<void> {
  const { cwd, entry, outDir, format, minify, external, withPlugin = false } = options;
  const { build } = await load<{ build: Build }>('esbuild');
  await build({
    absWorkingDir: cwd,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format,
    minify,
    ...(external ? { packages: 'external' } : {}),
    // Required by dependency-injection frameworks; wraps functions in a helper.
    keepNames: minify,
    outfile: join(outDir, `app.${extensions[format]}`),
    logLevel: 'error',
    plugins: plugins(options, ({ esbuildPlugin }) => esbuildPlugin()),
    ...(withPlugin && format === 'esm' ? { banner: { js: createRequireBanner } } : {}),
  });
}

async function webpack(options: BundleOptions): Promise<void> {
  const { cwd, entry, outDir, format, minify } = options;
  const run =
    await load<
      (
        options: object,
        done: (error: Error | null, stats: { hasErrors(): boolean; toString(): string }) => void,
      ) => void
    >('webpack');
  const isModule = format === 'esm';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  run(
    {
      context: cwd,
      entry: `./${entry}`,
      mode: minify ? 'production' : 'development',
      devtool: false,
      target: 'node22',
      plugins: plugins(options, ({ WebpackPlugin }) => new WebpackPlugin()),
      experiments: { outputModule: isModule },
      output: {
        path: outDir,
        filename: `app.${extensions[format]}`,
        ...(isModule ? { module: true, chunkFormat: 'module' } : { library: { type: 'commonjs2' } }),
      },
    },
    (error, stats) => {
      if (error !== null) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString()));
      else resolve();
    },
  );
  await promise;
}

async function rollup(options: BundleOptions): Promise<void> {
  const { cwd, entry, outDir, format, minify } = options;
  const { rollup: generate } = await load<{ rollup: Generate }>('rollup');
  const { default: commonjs } = await load<Plugin>('@rollup/plugin-commonjs');
  const { default: resolve } = await load<Plugin>('@rollup/plugin-node-resolve');
  const { default: json } = await load<Plugin>('@rollup/plugin-json');
  const { transform } = await load<{ transform: Minify }>('esbuild');
  const minifier = { name: 'minifier', renderChunk: (code: string) => transform(code, { minify: true }) };
  const built = await generate({
    input: join(cwd, entry),
    plugins: [
      ...plugins(options, ({ rollupPlugin }) => rollupPlugin()),
      resolve({ preferBuiltins: true, exportConditions: ['node'] }),
      commonjs(),
      json(),
    ],
    onwarn: () => {},
  });
  await built.write({
    dir: outDir,
    format,
    entryFileNames: `app.${extensions[format]}`,
    chunkFileNames: `[name].${extensions[format]}`,
    plugins: minify ? [minifier] : [],
  });
  await built.close();
}

async function rolldown(options: BundleOptions): Promise<void> {
  const { cwd, entry, outDir, format, minify } = options;
  const { rolldown: generate } = await load<{ rolldown: Generate }>('rolldown');
  const built = await generate({
    cwd,
    input: `./${entry}`,
    platform: 'node',
    plugins: plugins(options, ({ rollupPlugin }) => rollupPlugin()),
    onwarn: () => {},
  });
  await built.write({
    dir: outDir,
    format,
    minify,
    entryFileNames: `app.${extensions[format]}`,
    chunkFileNames: `[name].${extensions[format]}`,
  });
  await built.close();
}

async function vite(options: BundleOptions): Promise<void> {
  const { cwd, entry, outDir, format, minify } = options;
  const { build } = await load<{ build: Build }>('vite');
  await build({
    root: cwd,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    plugins: plugins(options, ({ rollupPlugin }) => rollupPlugin()),
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: false,
      minify,
      rolldownOptions: {
        output: {
          format,
          entryFileNames: `app.${extensions[format]}`,
          chunkFileNames: `[name].${extensions[format]}`,
        },
      },
    },
  });
}

/** The bundlers by name, each as its documentation has it for a program of Node.js that depends on nothing outside. */
export const bundlerNames = ['esbuild', 'webpack', 'rollup', 'rolldown', 'vite (SSR)'] as const;

export type Bundler = (typeof bundlerNames)[number];

const bundlers: Readonly<Record<Bundler, (options: BundleOptions) => Promise<void>>> = {
  esbuild,
  webpack,
  rollup,
  rolldown,
  'vite (SSR)': vite,
};

/** Bundles an application with everything that it imports. @returns the file to run */
export async function bundle(name: Bundler, options: BundleOptions): Promise<string> {
  await bundlers[name](options);
  const file = `app.${extensions[options.format]}`;
  const files = await readdir(options.outDir);
  if (!files.includes(file)) throw new Error(`${name} wrote ${files.join(', ')}`);
  return join(options.outDir, file);
}
