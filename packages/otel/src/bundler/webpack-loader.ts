import { type BundlerOptions, createTransform } from './transform.ts';

/** The parts of webpack's loader context that the loader uses. */
interface LoaderContext {
  readonly resourcePath: string;
  getOptions(): BundlerOptions;
  async(): (error: Error | null, code?: string, map?: unknown) => void;
}

async function hook(context: LoaderContext, code: string): Promise<string> {
  const { transform } = createTransform(context.getOptions());
  return (await transform(code, context.resourcePath)) ?? code;
}

/** The loader that `WebpackPlugin` adds to a configuration. */
const load = function (this: LoaderContext, code: string, map: unknown): void {
  const callback = this.async();
  // oxlint-disable-next-line promise/no-callback-in-promise -- webpack's interface
  hook(this, code).then((hooked) => callback(null, hooked, map), callback);
};

// oxlint-disable-next-line import/no-default-export -- webpack's interface
export default load;
