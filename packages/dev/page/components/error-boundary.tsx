import { Component, type ComponentChildren } from 'preact';

/** Keeps a fault of one view from taking the page with it. */
export class ErrorBoundary extends Component<{ children?: ComponentChildren }, { message?: string }> {
  override state: { message?: string } = {};

  static override getDerivedStateFromError(error: unknown): { message: string } {
    return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }

  override render(): ComponentChildren {
    const { message } = this.state;
    if (message === undefined) return this.props.children;
    return (
      <main class="single" aria-label="Fault">
        <div class="empty">
          <h3>This view failed</h3>
          <p>That is a fault of the viewer, not of the program. Reload the page; the session is kept.</p>
          <pre>{message}</pre>
        </div>
      </main>
    );
  }
}
