import type { Pipeline } from '../sonde.ts';

/**
 * Flushes when the event loop is empty. The flush is work for the loop, so Node.js emits 'beforeExit' again afterwards:
 * each flush needs something that was recorded since the last one. After its deadline a flush is aborted. A custom
 * exporter may keep the process alive all the same: then the process exits, unless there is another listener, which may
 * have found work.
 *
 * Telemetry that is recorded during a flush may come from the flush itself. It causes one more flush and no third one, so
 * that an export that records telemetry cannot keep the process alive. The 'exit' event sends the rest.
 *
 * @param hasRecorded whether something was recorded since its last call
 * @returns removes the listener
 */
export function handleBeforeExit(pipeline: Pipeline, hasRecorded: () => boolean): () => void {
  /** Whether the last flush exported what was recorded during another flush. */
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
