import { defineConfig } from 'tsdown';

// One build for every package: what is published is ES modules and CommonJS, each with its own types.
export default defineConfig({
  cwd: process.cwd(),
  entry: ['src/{index,register,testing}.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.15',
  tsconfig: '../../tsconfig.json',
  dts: { oxc: true },
  fixedExtension: true,
  sourcemap: true,
  checks: { legacyCjs: false, emptyImportMeta: false },
  logLevel: 'warn',
});
