import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A fenced code block of a documentation page. */
export interface Snippet {
  /** The text of the nearest heading above it. */
  readonly heading: string;
  /** Language of the fence, such as `js`; empty if not specified. */
  readonly language: string;
  /** File name in the line above, as in "`app.js`:". */
  readonly file: string | undefined;
  readonly text: string;
}

/** The file named by a line that is nothing but "`name.js`:", with text before it allowed. */
function fileNamedBy(line: string): string | undefined {
  if (!line.endsWith('`:')) return undefined;
  const start = line.lastIndexOf('`', line.length - 3);
  return start === -1 ? undefined : line.slice(start + 1, -2);
}

/**
 * All fenced blocks of a Markdown page, in order.
 *
 * @param page its path from the root of the repository: `README.md`, `docs/guide/router.md`
 */
export async function readSnippets(page: string): Promise<Snippet[]> {
  const snippets: Snippet[] = [];
  let heading = '';
  let above = '';
  let open: { language: string; lines: string[] } | undefined;
  for (const line of (await readFile(join(root, page), 'utf8')).split('\n')) {
    if (open !== undefined && line === '```') {
      const text = `${open.lines.join('\n')}\n`;
      snippets.push({ heading, language: open.language, file: fileNamedBy(above), text });
      open = undefined;
      above = '';
    } else if (open !== undefined) open.lines.push(line);
    else if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
    else if (line.startsWith('#')) heading = line.replaceAll('#', '').trim();
    else if (line !== '') above = line;
  }
  return snippets;
}

/** Files that a section defines, by name. */
export function listFiles(snippets: readonly Snippet[], heading: string): Record<string, string> {
  const files = snippets.filter((snippet) => snippet.heading === heading && snippet.file !== undefined);
  return Object.fromEntries(files.map(({ file, text }) => [file, text]));
}

/** The lines of a section's `sh` blocks that include this text. */
export function listLines(snippets: readonly Snippet[], heading: string, part: string): string[] {
  return snippets
    .filter((snippet) => snippet.heading === heading && snippet.language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.includes(part));
}

/** The line of a section's `sh` blocks that includes this command. @throws when there is none */
export function readCommand(snippets: readonly Snippet[], heading: string, start: string): string {
  const [found] = listLines(snippets, heading, start);
  if (found === undefined) throw new Error(`"${heading}" has no command with ${start}`);
  return found;
}
