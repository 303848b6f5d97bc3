// Measures the whole package as a bundler ships it: minified, compressed, without the peer dependency.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'tsdown';

const maxBytes = 10_240;
const outDir = mkdtempSync(join(tmpdir(), 'sonde-size-'));
try {
  await build({
    cwd: import.meta.dirname,
    config: '../../tsdown.config.ts',
    format: 'esm',
    dts: false,
    sourcemap: false,
    minify: true,
    outDir,
    // An application's bundler acts on annotations and drops them.
    outputOptions: { comments: false },
  });
  const code = readFileSync(join(outDir, 'index.mjs'));
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(
    `@sonde/router: ${bytes} bytes, minified and gzipped (${code.length} before); at most ${maxBytes}`,
  );
  process.exitCode = bytes > maxBytes ? 1 : 0;
} finally {
  rmSync(outDir, { recursive: true });
}
