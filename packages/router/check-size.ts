// What a bundler would ship of this package: everything, minified, compressed, without the peer dependency.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const maxBytes = 9800;
const folder = mkdtempSync(join(tmpdir(), 'sonde-size-'));
try {
  const config = [
    '--config',
    '../../tsdown.config.ts',
    '--format',
    'esm',
    '--no-dts',
    '--no-sourcemap',
    '--minify',
  ];
  execFileSync('tsdown', [...config, '--out-dir', folder], { cwd: import.meta.dirname, stdio: 'inherit' });
  const code = readFileSync(join(folder, 'index.mjs'));
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(
    `@sonde/router: ${bytes} bytes, minified and gzipped (${code.length} before); at most ${maxBytes}`,
  );
  process.exitCode = bytes > maxBytes ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true });
}
