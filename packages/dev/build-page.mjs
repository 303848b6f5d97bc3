// Builds the viewer's page, unless it is newer than its sources. Plain Node >= 20.19: it runs before anything is built.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const sources = join(import.meta.dirname, 'page');
const built = join(import.meta.dirname, 'page-dist/index.html');

function newestSource() {
  const files = readdirSync(sources, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Math.max(...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

if (!existsSync(built) || statSync(built).mtimeMs < newestSource()) {
  // A build loads a hundred modules: what is built already is found out without them.
  const { build } = await import('vite');
  await build({ root: sources, configFile: join(sources, 'vite.config.ts'), logLevel: 'warn' });
}
