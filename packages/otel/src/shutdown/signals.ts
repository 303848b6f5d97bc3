import { constants } from 'node:os';
import type { Sonde } from '../sonde.ts';
import { interceptSignal } from './signal-interception.ts';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** Ends the process as the signal would have; as process 1 the kernel ignores that, so exit with its code. */
function reraise(signal: Signal): void {
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  // Without Sonde the process had ended before these were added.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Flushes when a signal asks the process to end. If nobody listens to the signal, Sonde ends the process as without us,
 * with the same exit code; if the application listens, it keeps control and decides when to exit. Sonde's own part is no
 * listener: what others see on `process` is what they would see without it.
 *
 * @param beforeEnd called when nobody listens, before the last export
 * @returns stops listening
 */
export function handleSignals(sonde: Sonde, beforeEnd: () => void): () => void {
  const stops = signals.map((signal) =>
    interceptSignal(signal, (notifyListeners) => {
      if (process.listenerCount(signal) > 0) {
        notifyListeners();
        void sonde.flush();
        return;
      }
      beforeEnd();
      void sonde.shutdown().then(() => {
        stop();
        reraise(signal);
      });
    }),
  );
  const stop = (): void => {
    for (const each of stops) each();
  };
  return stop;
}
