import type { Pipeline } from '../sonde.ts';

/**
 * Flushes when the event loop has run dry. The flush itself gives the loop work, so Node asks again: it is done
 * only if something was recorded since the last time. What it has not delivered within its deadline is given up. An
 * exporter of others may keep the process for as long as it likes all the same: then it is ended, unless somebody
 * else listens too and may have found work.
 *
 * @returns stops listening
 */
export function handleBeforeExit(pipeline: Pipeline, hasRecorded: () => boolean): () => void {
  const listener = (): void => {
    if (!hasRecorded()) return;
    void pipeline.flush().then(() => {
      if (!pipeline.late || pipeline.giveUp()) return;
      if (process.listenerCount('beforeExit') === 1) process.exit();
    });
  };
  process.on('beforeExit', listener);
  return () => process.off('beforeExit', listener);
}
