import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../format/number.ts';

/** Text of any length: the rest of a long one is shown on demand. */
export function LongText({ text, limit = 2000 }: { readonly text: string; readonly limit?: number }): VNode {
  const [isWhole, setWhole] = useState(false);
  if (text.length <= limit) return <>{text}</>;
  return (
    <>
      {isWhole ? text : text.slice(0, limit)}
      {isWhole ? ' ' : '… '}
      <button type="button" class="small" onClick={() => setWhole(!isWhole)}>
        {isWhole ? 'show less' : `show all ${formatCount(text.length)} characters`}
      </button>
    </>
  );
}

/** The first part of a text, for a row that shows one line. */
export const firstLine = (text: string, limit = 400): string =>
  (text.length > limit ? `${text.slice(0, limit)}…` : text).replaceAll(/\s+/g, ' ');
