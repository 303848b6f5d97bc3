import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isHelpOpen, listShortcuts } from '../state/keyboard.ts';

const inLists: readonly (readonly [keys: string, description: string])[] = [
  ['j k', 'Next or previous row (also ↓ ↑)'],
  ['Enter', 'Open the row'],
  ['← →', 'Close or open a part of the waterfall'],
  ['Home End', 'First or last row'],
  ['Esc', 'Leave the query, close what is open'],
];

function Keys({ keys }: { readonly keys: string }): VNode {
  return (
    <dt>
      {keys.split(' ').map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </dt>
  );
}

/** The keys of the page and of the present view. */
export function ShortcutsDialog(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen && dialog.current?.open === false) dialog.current.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      aria-label="Keys"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      <form method="dialog">
        <h2>Keys</h2>
        <button type="submit" class="icon" aria-label="Close">
          ×
        </button>
      </form>
      {isOpen && (
        <dl class="keys">
          {listShortcuts().map(({ keys, description }) => (
            <div key={keys}>
              <Keys keys={keys} />
              <dd>{description}</dd>
            </div>
          ))}
          {inLists.map(([keys, description]) => (
            <div key={keys}>
              <Keys keys={keys} />
              <dd>{description}</dd>
            </div>
          ))}
        </dl>
      )}
    </dialog>
  );
}
