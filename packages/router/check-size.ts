// Measures the main entry as a bundler ships it: minified, compressed, without the peer dependency.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'tsdown';

const maxBytes = 10_240;

/** The code of a file and of the chunks that it imports statically. */
function readStatic(file: string, seen: Set<string> = new Set<string>()): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const code = readFileSync(join(outDir, file), 'utf8');
  const imports = [...code.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)].map(([, name = '']) => name);
  return [...imports.map((name) => readStatic(name, seen)), code].join('');
}

const outDir = mkdtempSync(join(tmpdir(), 'sonde-size-'));
try {
  await build({
    cwd: import.meta.dirname,
    config: '../../tsdown.config.ts',
    entry: 'src/index.ts',
    format: 'esm',
    dts: false,
    sourcemap: false,
    minify: true,
    outDir,
    // An application's bundler acts on annotations and drops them.
    outputOptions: { comments: false },
  });
  const code = readStatic('index.mjs');
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(
    `@sonde/router: ${bytes} bytes, minified and gzipped (${code.length} before); at most ${maxBytes}`,
  );
  // `listen`, `fetch`, coded bodies and invalid requests load the rest.
  for (const file of readdirSync(outDir).filter((name) => name !== 'index.mjs')) {
    console.log(
      `  on demand: ${file}, ${gzipSync(readFileSync(join(outDir, file)), { level: 9 }).length} bytes`,
    );
  }
  process.exitCode = bytes > maxBytes ? 1 : 0;
} finally {
  rmSync(outDir, { recursive: true });
}
