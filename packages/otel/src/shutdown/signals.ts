import { constants } from 'node:os';
import type { Sonde } from '../sonde.ts';
import { interceptSignal } from './signal-interception.ts';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** Ends the process as the signal would. The kernel ignores the signal for process 1, which exits with its code. */
function reraise(signal: Signal): void {
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  // Without Sonde, the signal would have ended the process before these listeners were added.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Flushes on SIGTERM, SIGINT and SIGHUP. If the application listens to the signal, it decides when to exit; otherwise the
 * process ends as without Sonde, with the same exit code. Sonde adds no listener to `process`.
 *
 * @param beforeEnd called before the last export, if the application does not listen
 * @returns a function that stops the handling of signals
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
