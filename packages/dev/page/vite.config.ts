import { defineConfig, type UserConfig } from 'vite';

/** Builds the page into `page-dist`, which the viewer serves. */
const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../page-dist',
    emptyOutDir: true,
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // An inlined asset would be a data: address, which the content security policy allows for images alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // On a busy machine it would report that the machine is busy.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});

export default config;
