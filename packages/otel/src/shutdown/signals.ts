import { constants } from 'node:os';
import type { Sonde } from '../sonde.ts';
import { interceptSignal } from './signal-interception.ts';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** Ends the process as the signal would. For process 1 the kernel ignores the signal, so exit with its code. */
function reraise(signal: Signal): void {
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  // Without Sonde, the process would have ended before these were added.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Flushes when a signal asks the process to end. If the application listens to the signal, it decides when to exit;
 * otherwise the process ends as without Sonde, with the same exit code. Sonde adds no listener to `process` for it.
 *
 * @param beforeEnd called before the last export, if the application does not listen
 * @returns stops handling signals
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
