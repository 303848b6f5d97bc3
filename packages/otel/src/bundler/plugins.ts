import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundlerOptions, createTransform, modulePattern } from './transform.ts';

/** The parts of esbuild's `PluginBuild` that the plug-in uses. */
interface EsbuildBuild {
  onLoad(
    options: { filter: RegExp; namespace?: string },
    callback: (args: { path: string }) => Promise<{ contents: string; loader: 'js' } | undefined>,
  ): void;
}

/**
 * Returns a plug-in for esbuild that makes the libraries in a bundle visible to their instrumentations.
 *
 * @example
 * ```ts
 * import { esbuildPlugin } from '@sonde/otel/bundler';
 *
 * const options = { entryPoints: ['app.js'], bundle: true, platform: 'node', plugins: [esbuildPlugin()] };
 * ```
 */
export function esbuildPlugin(options: BundlerOptions = {}): {
  name: string;
  setup(build: EsbuildBuild): void;
} {
  const { isHooked, transform } = createTransform(options);
  return {
    name: 'sonde',
    setup(build) {
      build.onLoad({ filter: modulePattern, namespace: 'file' }, async ({ path }) => {
        if (!isHooked(path)) return undefined;
        const contents = await transform(await readFile(path, 'utf8'), path);
        return contents === undefined ? undefined : { contents, loader: 'js' };
      });
    },
  };
}

/**
 * Returns a plug-in for Rollup, Rolldown and Vite that makes the libraries in a bundle visible to their instrumentations.
 *
 * @example
 * ```ts
 * import { rollupPlugin } from '@sonde/otel/bundler';
 *
 * const config = { input: 'app.js', plugins: [rollupPlugin()] };
 * ```
 */
export function rollupPlugin(options: BundlerOptions = {}): {
  name: string;
  enforce: 'pre';
  transform: {
    order: 'pre';
    handler: (code: string, id: string) => Promise<{ code: string; map: null } | null>;
  };
} {
  const { transform } = createTransform(options);
  return {
    name: 'sonde',
    // Before CommonJS becomes ES modules.
    enforce: 'pre',
    transform: {
      order: 'pre',
      async handler(code, id) {
        const hooked = await transform(code, id);
        // The code is appended, so mappings of the original stay right.
        return hooked === undefined ? null : { code: hooked, map: null };
      },
    },
  };
}

/** The parts of webpack's `Compiler` that the plug-in uses. */
interface WebpackCompiler {
  readonly options: { readonly module: { readonly rules: unknown[] } };
}

/**
 * A plug-in for webpack and Rspack that makes the libraries in a bundle visible to their instrumentations.
 *
 * @example
 * ```ts
 * import { WebpackPlugin } from '@sonde/otel/bundler';
 *
 * const config = { entry: './app.js', target: 'node', plugins: [new WebpackPlugin()] };
 * ```
 */
export class WebpackPlugin {
  readonly #options: BundlerOptions;

  constructor(options: BundlerOptions = {}) {
    this.#options = options;
  }

  apply({ options: { module } }: WebpackCompiler): void {
    const { packages = [] } = this.#options;
    const { isHooked } = createTransform(this.#options);
    // The loader is built beside this file, of the same kind.
    const loader = new URL(`webpack-loader${extname(import.meta.url)}`, import.meta.url);
    module.rules.push({
      test: modulePattern,
      include: isHooked,
      enforce: 'pre',
      use: [{ loader: fileURLToPath(loader), options: { packages } }],
    });
  }
}
