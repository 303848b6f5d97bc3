export { esbuildPlugin, rollupPlugin, WebpackPlugin } from './bundler/plugins.ts';
export type { BundlerOptions } from './bundler/transform.ts';
