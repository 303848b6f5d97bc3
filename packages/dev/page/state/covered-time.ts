import { status } from '../api/live.ts';

/** The seconds since an instant in which the session has had telemetry: what a rate is of. */
export function coveredSeconds(from: number, to: number = status.value?.now ?? Date.now()): number {
  const oldest = status.value?.store.oldest ?? from;
  return Math.max(1, (to - Math.max(from, oldest)) / 1000);
}
