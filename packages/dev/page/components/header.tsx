import type { VNode } from 'preact';
import { connection, status } from '../api/live.ts';
import { SessionMenu } from '../session/session-menu.tsx';
import { isHelpOpen } from '../state/keyboard.ts';
import { nextTheme, theme } from '../state/theme.ts';
import { type ViewName, views } from '../state/views.ts';
import { formatCount } from '../format/number.ts';
import { QueryBar } from './query-bar.tsx';

const themeSigns = { auto: '◐', light: '○', dark: '●' } as const;

/** Navigation, query, and the state of the session. */
export function Header(props: { readonly view: ViewName | undefined; readonly onPause: () => void }): VNode {
  const { view, onPause } = props;
  const paused = status.value?.paused === true;
  const errorGroups = status.value?.store.errorGroups ?? 0;
  const state = connection.value === 'live' ? (paused ? 'paused' : 'live') : connection.value;
  return (
    <header>
      <a class="brand" href="/requests">
        sonde<i>·</i>dev
      </a>
      <nav aria-label="Views">
        {views.map(({ path, title, key }) => (
          <a
            key={path}
            href={`/${path}`}
            title={`${title} (g ${key})`}
            aria-current={view?.path === path ? 'page' : undefined}
          >
            {title}
            {path === 'errors' && errorGroups > 0 && <b>{formatCount(errorGroups)}</b>}
          </a>
        ))}
      </nav>
      <QueryBar view={view} />
      <div class={`live ${state}`} role="status">
        {state}
      </div>
      <button type="button" onClick={onPause} aria-pressed={paused}>
        {paused ? 'Resume' : 'Pause'} <kbd>space</kbd>
      </button>
      <SessionMenu />
      <button
        type="button"
        class="icon"
        onClick={nextTheme}
        title={`Theme: ${theme.value} (t)`}
        aria-label={`Theme: ${theme.value}`}
      >
        {themeSigns[theme.value]}
      </button>
      <button
        type="button"
        class="icon"
        title="Keys (?)"
        aria-label="Keys"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        ?
      </button>
    </header>
  );
}
