import type { Pipeline } from '../sonde.ts';

/**
 * Flushes on 'beforeExit'. The flush wakes the event loop, so Node.js emits the event again; a further flush runs only if
 * telemetry was recorded since the last one. After its deadline a flush is aborted. If a custom exporter still keeps the
 * process alive, the process exits, unless another listener may have scheduled work.
 *
 * Telemetry recorded during a flush causes one more flush but no third one, so that an export that records telemetry cannot
 * keep the process alive. The 'exit' event sends the rest.
 *
 * @param hasRecorded returns whether telemetry was recorded since its last call
 * @returns a function that removes the listener
 */
export function handleBeforeExit(pipeline: Pipeline, hasRecorded: () => boolean): () => void {
  /** Whether the last flush exported telemetry recorded during the flush before. */
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
