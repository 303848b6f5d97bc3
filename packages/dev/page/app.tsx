import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { post } from './api/client.ts';
import { connection, status } from './api/live.ts';
import { ErrorBoundary } from './components/error-boundary.tsx';
import { Footer } from './components/footer.tsx';
import { Header } from './components/header.tsx';
import { ShortcutsDialog } from './components/shortcuts-dialog.tsx';
import { ErrorsView } from './errors/errors-view.tsx';
import { HealthView } from './health/health-view.tsx';
import { LogsView } from './logs/logs-view.tsx';
import { MetricsView } from './metrics/metrics-view.tsx';
import { RequestsView } from './requests/requests-view.tsx';
import { TracesView } from './requests/traces-view.tsx';
import { ServicesView } from './services/services-view.tsx';
import { announce } from './state/announcement.ts';
import { addShortcuts, isHelpOpen } from './state/keyboard.ts';
import { navigate, path } from './state/location.ts';
import { nextTheme, theme } from './state/theme.ts';
import { findView, views } from './state/views.ts';

const components: Readonly<Record<string, () => VNode>> = {
  requests: RequestsView,
  traces: TracesView,
  logs: LogsView,
  metrics: MetricsView,
  errors: ErrorsView,
  services: ServicesView,
  health: HealthView,
};

/** Stops or goes on with keeping what arrives. */
async function togglePause(): Promise<void> {
  try {
    status.value = await post(status.value?.paused === true ? '/api/resume' : '/api/pause');
    announce(status.value?.paused === true ? 'Paused: nothing that arrives is kept' : 'Live');
  } catch (error) {
    announce(error instanceof Error ? error.message : 'the viewer does not answer');
  }
}

function useShortcuts(): void {
  useEffect(
    () =>
      addShortcuts([
        ...views.map(({ path: name, title, key }) => ({
          keys: `g ${key}`,
          description: `Go to ${title}`,
          run: () => navigate(`/${name}`),
        })),
        {
          keys: '/',
          description: 'Write a query',
          run: () => document.querySelector<HTMLInputElement>('.query input')?.focus(),
        },
        { keys: 'space', description: 'Pause, or go on', run: () => void togglePause() },
        {
          keys: 't',
          description: 'Change the theme',
          run: () => {
            nextTheme();
            announce(`Theme: ${theme.value}`);
          },
        },
        {
          keys: '?',
          description: 'Show the keys',
          run: () => {
            isHelpOpen.value = true;
          },
        },
      ]),
    [],
  );
}

/** The whole page. */
export function App(): VNode {
  useShortcuts();
  const view = findView(path.value);
  const View = components[view?.path ?? ''];
  const title = view === undefined ? 'sonde dev' : `${view.title} · sonde dev`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <Header view={view} onPause={() => void togglePause()} />
      {connection.value === 'lost' && (
        <p class="lost" role="alert">
          The viewer does not answer. This page goes on as soon as <code>sonde dev</code> runs again.
        </p>
      )}
      <ErrorBoundary key={view?.path}>
        {View === undefined ? (
          <main class="single" aria-label="Not found">
            <div class="empty">
              <h3>There is no such page</h3>
              <p>
                <a href="/requests">Requests</a>
              </p>
            </div>
          </main>
        ) : (
          <View />
        )}
      </ErrorBoundary>
      <Footer />
      <ShortcutsDialog />
    </>
  );
}
