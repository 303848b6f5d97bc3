// Measures the files that a browser loads for the page, compressed as the viewer sends them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const maxBytes = 150_000;
const outDir = mkdtempSync(join(tmpdir(), 'sonde-page-'));
try {
  const root = join(import.meta.dirname, 'page');
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
  const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const sizes = files.map((file) => gzipSync(readFileSync(join(file.parentPath, file.name))).length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`@sonde/dev: the page is ${bytes} bytes, gzipped; at most ${maxBytes}`);
  process.exitCode = bytes > maxBytes ? 1 : 0;
} finally {
  rmSync(outDir, { recursive: true });
}
