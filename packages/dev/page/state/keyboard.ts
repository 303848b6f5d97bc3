import { type Signal, signal } from '@preact/signals';

export interface Shortcut {
  /** A key, or two that are pressed one after the other: `g l`. */
  readonly keys: string;
  readonly description: string;
  readonly run: () => void;
}

const shortcuts = new Set<Shortcut>();

/** Whether the list of shortcuts is open. */
export const isHelpOpen: Signal<boolean> = signal(false);

/** Adds shortcuts, until the returned function is called. */
export function addShortcuts(added: readonly Shortcut[]): () => void {
  for (const shortcut of added) shortcuts.add(shortcut);
  return () => {
    for (const shortcut of added) shortcuts.delete(shortcut);
  };
}

export const listShortcuts = (): readonly Shortcut[] => [...shortcuts];

const prefixMs = 1500;
let prefix = '';
let prefixTime = 0;

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** A control has its own use for space and enter. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary, [role=tab]') !== null;
}

function focusList(): boolean {
  const list = document.querySelector<HTMLElement>('main [data-list]');
  if (list === null || list.contains(document.activeElement)) return false;
  const target = list.tabIndex >= 0 ? list : list.querySelector<HTMLElement>('[data-row]');
  target?.focus();
  return target !== null;
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === 'Escape' && isTyping(event.target)) {
    (event.target as HTMLElement).blur();
    return;
  }
  if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
  const key = event.key === ' ' ? 'space' : event.key;
  if (key === 'space' && isControl(event.target)) return;
  const isRecent = performance.now() - prefixTime < prefixMs;
  const sequence = prefix !== '' && isRecent ? `${prefix} ${key}` : key;
  const found = [...shortcuts].findLast(({ keys }) => keys === sequence || keys === key);
  prefix = [...shortcuts].some(({ keys }) => keys.startsWith(`${key} `)) ? key : '';
  prefixTime = performance.now();
  if (found !== undefined) {
    event.preventDefault();
    prefix = '';
    found.run();
  } else if (
    /^(?:j|k|ArrowDown|ArrowUp)$/.test(key) &&
    document.activeElement === document.body &&
    focusList()
  ) {
    event.preventDefault();
  }
});
