import { apiAddress, getJson } from '../api/client.ts';
import { quoteValue } from './query-terms.ts';

export interface Completion {
  /** The text that stands in the list. */
  readonly label: string;
  readonly note: string;
  /** The whole query after the choice, and where its caret is. */
  readonly query: string;
  readonly caret: number;
}

interface Field {
  readonly key: string;
  readonly type?: string;
  readonly count?: number;
  readonly field?: boolean;
}

interface Value {
  readonly value: string | number | boolean;
  readonly count: number;
}

const term = /(?:^|[\s(])-?((?:"[^"]*"|[\w./:-])*)(=|!=|>=|<=|>|<|~|!~)?("[^"]*|[\w./:*-]*)$/;

/** Finds what can stand at the caret: fields and attributes, or the values of one. */
export async function completeQuery(
  query: string,
  caret: number,
  signal: 'spans' | 'logs',
  abort: AbortSignal,
): Promise<readonly Completion[]> {
  const before = query.slice(0, caret);
  const after = query.slice(caret);
  const [, field = '', comparison, written = ''] = term.exec(before) ?? [];
  const insert = (label: string, note: string, replaced: string, text: string): Completion => {
    const head = before.slice(0, before.length - replaced.length) + text;
    return { label, note, query: head + after, caret: head.length };
  };
  if (comparison === undefined) {
    const parameters = { signal, prefix: field, limit: 12 };
    const { items } = await getJson<{ items: readonly Field[] }>(
      apiAddress('/api/attributes', parameters),
      abort,
    );
    return items.map(({ key, type, field: isField }) => {
      const name = /^[\w./:-]+$/.test(key) ? key : `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
      return insert(key, isField === true ? 'field' : (type ?? ''), field, `${name}=`);
    });
  }
  const parameters = { signal, key: field.replaceAll('"', ''), prefix: written.replace('"', ''), limit: 12 };
  const { items } = await getJson<{ items: readonly Value[] }>(
    apiAddress('/api/attributes/values', parameters),
    abort,
  );
  return items.map(({ value, count }) =>
    insert(String(value), String(count), written, `${quoteValue(String(value))} `),
  );
}
