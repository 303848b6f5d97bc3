import type { Pipeline } from '../sonde.ts';

/**
 * Flushes when the event loop has run dry. The flush itself gives the loop work, so Node asks again: it is done
 * only if something was recorded since the last time. What it has not delivered within its deadline is given up. An
 * exporter of others may keep the process for as long as it likes all the same: then it is ended, unless somebody
 * else listens too and may have found work.
 *
 * What is recorded while a flush runs may come of the flush itself: it causes one more flush, and no third one, so that
 * an export that makes telemetry cannot keep the process. The rest is sent in the event 'exit'.
 *
 * @param hasRecorded whether something was recorded since it was last asked
 * @returns stops listening
 */
export function handleBeforeExit(pipeline: Pipeline, hasRecorded: () => boolean): () => void {
  /** Whether the last flush was one for what another flush had left. */
  let isSecond = false;
  let isPending = false;
  const listener = (): void => {
    if (!hasRecorded() && !isPending) return;
    isSecond = isPending;
    isPending = false;
    void pipeline.flushBeforeExit().then((isInTime) => {
      if (hasRecorded()) isPending = !isSecond;
      if (isInTime || pipeline.abort()) return;
      if (process.listenerCount('beforeExit') === 1) process.exit();
    });
  };
  process.on('beforeExit', listener);
  return () => process.off('beforeExit', listener);
}
