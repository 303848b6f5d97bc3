import { constants } from 'node:os';
import type { Sonde } from '../sonde.ts';

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** Ends the process as the signal would have; as process 1 the kernel ignores that, so exit with its code. */
function die(signal: Signal): void {
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.kill(process.pid, signal);
}

/**
 * Flushes when a signal asks the process to end. If nobody else listens to the signal it ends the process as
 * without us, with the same exit code; if the application listens, it keeps control and decides when to exit.
 *
 * @param beforeEnd called when nobody else listens, before the last export
 * @returns stops listening
 */
export function handleSignals(sonde: Sonde, beforeEnd: () => void): () => void {
  const listeners = new Map<Signal, () => void>();
  const stop = (): void => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  for (const signal of signals) {
    const listener = (): void => {
      if (process.listenerCount(signal) > 1) {
        void sonde.flush();
        return;
      }
      beforeEnd();
      void sonde.shutdown().then(() => {
        stop();
        die(signal);
      });
    };
    listeners.set(signal, listener);
    process.on(signal, listener);
  }
  return stop;
}
