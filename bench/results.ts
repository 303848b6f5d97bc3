import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const resultsFile = (name: string): string => join(import.meta.dirname, 'results', `${name}.md`);

/** Path of the benchmarks page, which contains all results. */
export const benchmarksPage: string = join(root, 'docs/benchmarks.md');

/** Results of a benchmark without the title, with headings one level lower. */
function part(name: string): string {
  const [, ...lines] = readFileSync(resultsFile(name), 'utf8').split('\n');
  return lines
    .map((line) => (line.startsWith('#') ? `#${line}` : line))
    .join('\n')
    .trim();
}

/**
 * Inserts the current results into the benchmarks page: between `<!-- results: NAME -->` and
 * `<!-- end of results -->`.
 */
export function withResults(page: string): string {
  const end = '<!-- end of results -->';
  return page.replace(
    /<!-- results: (\w+) -->[^]*?<!-- end of results -->/g,
    (_, name: string) => `<!-- results: ${name} -->\n\n${part(name)}\n\n${end}`,
  );
}

const format = (file: string): unknown =>
  execFileSync(join(root, 'node_modules/.bin/oxfmt'), [file], { cwd: root, stdio: 'ignore' });

/** Writes the results of a benchmark and updates the benchmarks page. @returns the results */
export function writeResults(name: string, page: string): string {
  writeFileSync(resultsFile(name), page);
  format(resultsFile(name));
  writeFileSync(benchmarksPage, withResults(readFileSync(benchmarksPage, 'utf8')));
  return page;
}
