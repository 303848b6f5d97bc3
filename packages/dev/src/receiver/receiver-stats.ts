interface LastError {
  readonly time: number;
  readonly detail: string;
}

/** What one receiver has seen, for the page on the telemetry's health. */
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
