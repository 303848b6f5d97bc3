import type { Sonde } from '../sonde.ts';

/**
 * Flushes when the event loop has run dry. The flush itself gives the loop work, so Node asks again: it is done
 * only if something was recorded since the last time.
 *
 * @returns stops listening
 */
export function handleBeforeExit(sonde: Sonde, hasRecorded: () => boolean): () => void {
  const listener = (): void => {
    if (hasRecorded()) void sonde.flush();
  };
  process.on('beforeExit', listener);
  return () => process.off('beforeExit', listener);
}
