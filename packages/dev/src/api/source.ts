import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { problem } from '@sonde/router';
import type { Session } from '../session/session.ts';

const maxContext = 10;
const maxFileBytes = 4 * 1024 * 1024;

function refuse(): never {
  throw problem(404, 'no source is shown for this file', { code: 'NOT_FOUND' });
}

/**
 * `GET /api/source`: some lines of a file that occurs in a stored stack trace and lies under the directory in which the
 * viewer runs. @throws {Problem} 404 for any other file
 */
export async function readSource(
  session: Session,
  file: string | undefined,
  line: number,
  context: number,
): Promise<object> {
  if (file === undefined || !isAbsolute(file) || file.includes('\0')) return refuse();
  const [real, root] = await Promise.all([
    realpath(file).catch(() => ''),
    realpath(session.settings.sourceDirectory).catch(() => ''),
  ]);
  const inside = relative(root, real);
  if (real === '' || root === '' || inside.startsWith('..') || isAbsolute(inside)) return refuse();
  if (JSON.parse(await session.store.query('isInStack', { file })) !== true) return refuse();
  const { size } = await stat(real);
  if (size > maxFileBytes) return refuse();
  const lines = (await readFile(real, 'utf8')).split('\n');
  const around = Math.min(Math.max(0, Math.floor(context)), maxContext);
  const from = Math.max(1, Math.floor(line) - around);
  const shown = lines.slice(from - 1, Math.floor(line) + around).map((text) => text.slice(0, 2000));
  return { file, line, from, lines: shown };
}
