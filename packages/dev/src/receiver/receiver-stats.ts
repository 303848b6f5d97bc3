interface LastError {
  readonly time: number;
  readonly detail: string;
}

/** Counters of one receiver, for the telemetry health view. */
export class ReceiverStats {
  requests = 0;
  errors = 0;
  lastError: LastError | null = null;

  fail(detail: string): void {
    this.errors += 1;
    this.lastError = { time: Date.now(), detail: detail.slice(0, 500) };
  }

  toJSON(): object {
    const { requests, errors, lastError } = this;
    return { requests, errors, lastError };
  }
}
