import type { VNode } from 'preact';
import { formatCount } from '../format/number.ts';

/** Says how many items wait while a list is frozen, and goes back to following. */
export function NewItems(props: { readonly count: number; readonly onFollow: () => void }): VNode | null {
  if (props.count === 0) return null;
  return (
    <button type="button" class="new-items" onClick={props.onFollow}>
      {formatCount(props.count)} new
    </button>
  );
}
