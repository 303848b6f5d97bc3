import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a page of results as the repository formats it. @returns the page */
export function writeResults(name: string, page: string): string {
  const file = join(import.meta.dirname, 'results', `${name}.md`);
  writeFileSync(file, page);
  execFileSync('oxfmt', [file], { cwd: join(import.meta.dirname, '..') });
  return page;
}
