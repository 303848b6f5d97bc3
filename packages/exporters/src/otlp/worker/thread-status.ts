/** The phases of the delivery thread, in order. */
export const phases = { starting: 0, running: 1, finishing: 2, finished: 3 } as const;

type Phase = (typeof phases)[keyof typeof phases];

const phaseIndex = 0;
const takenIndex = 1;

/** The state that the delivery thread shares with the thread that started it. */
export class ThreadStatus {
  /** For the `workerData` of the thread. */
  readonly words: Int32Array;

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.words = words;
  }

  get phase(): Phase {
    return Atomics.load(this.words, phaseIndex) as Phase;
  }

  set phase(phase: Phase) {
    Atomics.store(this.words, phaseIndex, phase);
    Atomics.notify(this.words, phaseIndex);
  }

  /** Blocks until the thread has reached a phase. Returns false after the timeout. */
  waitFor(phase: Phase, timeoutMs: number): boolean {
    const deadlineMs = performance.now() + timeoutMs;
    for (let current = this.phase; current < phase; current = this.phase) {
      const remainingMs = deadlineMs - performance.now();
      if (remainingMs <= 0) return false;
      Atomics.wait(this.words, phaseIndex, current, remainingMs);
    }
    return true;
  }

  /** Number of requests that the thread has taken. Undefined after `revoke`. */
  get takenCount(): number | undefined {
    const count = Atomics.load(this.words, takenIndex);
    return count < 0 ? undefined : count;
  }

  /** Takes the next request, in the thread. Returns false if the other thread has revoked it. */
  take(): boolean {
    const count = Atomics.load(this.words, takenIndex);
    return count >= 0 && Atomics.compareExchange(this.words, takenIndex, count, count + 1) === count;
  }

  /** Revokes all requests that the thread has not taken. Returns the number of those that it has. */
  revoke(): number {
    return Math.max(0, Atomics.exchange(this.words, takenIndex, -1));
  }
}
