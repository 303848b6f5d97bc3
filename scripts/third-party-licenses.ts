import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rolldown } from 'tsdown';

const modules = '/node_modules/';

/** Returns the folder of the third-party package of a module; undefined for modules of this repository. */
function packageFolder(path: string): string | undefined {
  const at = path.lastIndexOf(modules);
  if (at === -1) return undefined;
  const start = at + modules.length;
  const parts = path.slice(start).split('/', 2);
  return path.slice(0, start) + (parts[0]?.startsWith('@') === true ? parts.join('/') : parts[0]);
}

const isLicense = (name: string): boolean =>
  ['licen', 'notice', 'copying'].some((each) => name.toLowerCase().startsWith(each));

/** Returns the license texts and notices of a package. */
async function readLicense(folder: string): Promise<string> {
  const texts: string[] = [];
  for (const name of (await readdir(folder)).filter(isLicense).toSorted()) {
    const path = join(folder, name);
    texts.push((await stat(path)).isDirectory() ? await readLicense(path) : await readFile(path, 'utf8'));
  }
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Groups packages by identical license texts. */
async function collect(folders: readonly string[]): Promise<string> {
  const packages = new Map<string, string[]>();
  for (const folder of folders.toSorted()) {
    const { name, version, license } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    const text = (await readLicense(folder)) || `License: ${license}`;
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = Array.from(packages, ([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `The files in this folder contain code of the packages listed here.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** Writes the licenses of all bundled packages next to the bundle. */
export function thirdPartyLicenses(): Rolldown.Plugin {
  return {
    name: 'third-party-licenses',
    async generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const folders = new Set(ids.flatMap((id) => packageFolder(id) ?? []));
      if (folders.size === 0) return;
      this.emitFile({
        type: 'asset',
        fileName: 'THIRD-PARTY-LICENSES.txt',
        source: await collect([...folders]),
      });
    },
  };
}
