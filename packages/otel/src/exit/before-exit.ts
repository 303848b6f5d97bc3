import type { Pipeline } from '../sonde.ts';

/**
 * Flushes when the event loop has run dry. The flush itself gives the loop work, so Node asks again: it is done
 * only if something was recorded since the last time. An exporter that tries again and again would keep the process
 * for as long as it likes: after the deadline it ends, unless somebody else listens too and may have found work.
 *
 * @returns stops listening
 */
export function handleBeforeExit(pipeline: Pipeline, hasRecorded: () => boolean): () => void {
  const listener = (): void => {
    if (!hasRecorded()) return;
    void pipeline.flush().then(() => {
      if (pipeline.late && process.listenerCount('beforeExit') === 1) process.exit();
    });
  };
  process.on('beforeExit', listener);
  return () => process.off('beforeExit', listener);
}
