import { type ReadonlySignal, computed, signal } from '@preact/signals';

const href = signal(location.pathname + location.search);

/** The parts of the path: `['traces', 'b9ee…']`. */
export const path: ReadonlySignal<readonly string[]> = computed(() =>
  (href.value.split('?', 1)[0] ?? '/').split('/').filter(Boolean).map(decode),
);

/** The query of the address bar. */
const query: ReadonlySignal<URLSearchParams> = computed(
  () => new URLSearchParams(href.value.slice(href.value.indexOf('?') + 1 || href.value.length)),
);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads a parameter of the address bar; a component that does so is rendered again when it changes. */
export const parameter = (name: string): string => query.value.get(name) ?? '';

/** Goes to an address of the page. `replace` makes no entry in the history. */
export function navigate(target: string, { replace = false }: { replace?: boolean } = {}): void {
  if (target === href.value) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', target);
  href.value = location.pathname + location.search;
}

/** The present address with other parameters; null removes one. */
export function withParameters(changes: Readonly<Record<string, string | null>>): string {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return `/${path.value.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** An address of a path and parameters. */
export function address(
  segments: readonly string[],
  parameters: Readonly<Record<string, string>> = {},
): string {
  const entries = Object.entries(parameters).filter(([, value]) => value !== '');
  const text = new URLSearchParams(entries).toString();
  return `/${segments.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

addEventListener('popstate', () => {
  href.value = location.pathname + location.search;
});

// Links of the page's own are plain links, so that they open in a new tab as any link does.
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.origin !== location.origin || link.hasAttribute('download')) return;
  if (link.target !== '' || link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
});
