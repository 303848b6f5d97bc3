import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const resultsOf = (name: string): string => join(import.meta.dirname, 'results', `${name}.md`);

/** The page about all benchmarks, into which their results are copied. */
export const benchmarksPage: string = join(root, 'docs/benchmarks.md');

/** The results of a benchmark as a part of another page: without their title, each heading one level lower. */
function part(name: string): string {
  const [, ...lines] = readFileSync(resultsOf(name), 'utf8').split('\n');
  return lines
    .map((line) => (line.startsWith('#') ? `#${line}` : line))
    .join('\n')
    .trim();
}

/**
 * The page about all benchmarks with the results as they are now: between `<!-- results: NAME -->` and
 * `<!-- end of results -->`.
 */
export function withResults(page: string): string {
  const end = '<!-- end of results -->';
  return page.replace(
    /<!-- results: (\w+) -->[^]*?<!-- end of results -->/g,
    (_, name: string) => `<!-- results: ${name} -->\n\n${part(name)}\n\n${end}`,
  );
}

const format = (file: string): unknown => execFileSync('oxfmt', [file], { cwd: root, stdio: 'ignore' });

/** Writes the results of a benchmark, and the page about all of them. @returns the results */
export function writeResults(name: string, page: string): string {
  writeFileSync(resultsOf(name), page);
  format(resultsOf(name));
  writeFileSync(benchmarksPage, withResults(readFileSync(benchmarksPage, 'utf8')));
  return page;
}
