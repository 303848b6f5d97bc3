import type { OtlpExportError } from '../transport/export-error.ts';
import type { RetryableOutcome } from './transport.ts';

const initialBackOffMs = 1000;
/** Maximum back-off without a response: such attempts cost the receiver little, and detect its recovery early. */
const maxUnansweredBackOffMs = 5000;
/** Maximum back-off after a response, because the receiver may be overloaded. */
const maxBackOffMs = 30_000;
/** The same limits while new data arrives, so that it soon detects the recovery. */
const maxUnansweredDelayMs = 1000;
const maxDelayMs = 5000;
const exitBackOffMs = 100;
const maxExitBackOffMs = 500;
/** Maximum number of requests in flight while the process ends. */
const exitConcurrency = 16;

/** The state of the last attempts before the process ends. */
interface ExitPhase {
  /** The deadline, on the clock of `performance.now()`. */
  readonly endsAtMs: number;
  /** Whether the last attempt before the exit succeeded. If so, a failure of the connection may be transient. */
  readonly wasReachable: boolean;
  readonly startedAtMs: number;
  /** Number of attempts that began before the exit. They may hang, so they do not count toward the limit. */
  earlierAttempts: number;
  backOffMs: number;
}

/**
 * Limits the requests to a receiver. After a failure it closes for a jittered exponential back-off, or for the delay that
 * the receiver requests. Then it admits one request as a probe, and several at a time after that request succeeds.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-throttling
 */
export class Gate {
  readonly #maxConcurrency: number;
  /** Current limit of requests in flight; falls to 1 after a timeout or `Retry-After`. */
  #concurrency: number;
  #inFlight = 0;
  /** Number of failures since the last success. */
  #failures = 0;
  #failingSinceMs = 0;
  #hasSucceeded = false;
  #closedAtMs = -Infinity;
  #opensAtMs = -Infinity;
  /** The time to which `limitDelay` shortens the current delay. */
  #limitedAtMs = -Infinity;
  /** Whether the receiver requested the current delay. */
  #isDelayRequested = false;
  #exit: ExitPhase | undefined;
  #isAttemptUseless = false;
  #lastError: OtlpExportError | undefined;

  constructor(maxConcurrency: number) {
    this.#maxConcurrency = maxConcurrency;
    this.#concurrency = maxConcurrency;
  }

  /** The last failure; undefined after a success. */
  get lastError(): OtlpExportError | undefined {
    return this.#lastError;
  }

  /** Time since the first failure of the receiver, in milliseconds; 0 after a success. */
  get failingForMs(): number {
    return this.#failures === 0 ? 0 : performance.now() - this.#failingSinceMs;
  }

  /** Whether no further attempt can succeed before the process ends. */
  get isAttemptUseless(): boolean {
    return this.#isAttemptUseless;
  }

  /** Whether a request can be sent now. */
  get isOpen(): boolean {
    const inFlight = this.#inFlight - (this.#exit?.earlierAttempts ?? 0);
    return !this.#isAttemptUseless && inFlight < this.#limit && this.opensInMs === 0;
  }

  /** Time until the delay ends, in milliseconds. */
  get opensInMs(): number {
    return Math.max(0, this.#opensAtMs - performance.now());
  }

  get #limit(): number {
    if (this.#failures > 0) return 1;
    const isThrottled = this.#concurrency < this.#maxConcurrency;
    return this.#exit === undefined || isThrottled ? this.#concurrency : exitConcurrency;
  }

  /** Counts the start of an attempt. Returns its time, for `end`. */
  begin(): number {
    this.#inFlight++;
    return performance.now();
  }

  /** Counts the end of an attempt. @param startedAtMs the result of `begin` */
  end(startedAtMs: number, outcome: RetryableOutcome | 'answered' | 'aborted'): void {
    this.#inFlight--;
    if (this.#exit !== undefined && startedAtMs < this.#exit.startedAtMs) {
      this.#exit.earlierAttempts = Math.max(0, this.#exit.earlierAttempts - 1);
    }
    if (outcome === 'aborted') return;
    if (outcome === 'answered') this.#succeed();
    else this.#fail(startedAtMs, outcome);
  }

  /** Ends the delay, unless the receiver requested it. */
  expedite(): void {
    if (!this.#isDelayRequested) this.#opensAtMs = -Infinity;
  }

  /** Shortens the delay because new data waits, unless the receiver requested the delay. */
  limitDelay(): void {
    if (!this.#isDelayRequested) this.#opensAtMs = Math.min(this.#opensAtMs, this.#limitedAtMs);
  }

  /** Prepares for the end of the process in `budgetMs`: ends the delay, even a requested one, and shortens later ones. */
  beginExit(budgetMs: number): void {
    if (this.#exit !== undefined) return;
    const wasReachable = this.#hasSucceeded && this.#failures === 0;
    const startedAtMs = performance.now();
    const earlierAttempts = this.#failures > 0 ? this.#inFlight : 0;
    this.#exit = {
      startedAtMs,
      endsAtMs: startedAtMs + budgetMs,
      earlierAttempts,
      wasReachable,
      backOffMs: exitBackOffMs,
    };
    this.#opensAtMs = -Infinity;
  }

  /** Undoes `beginExit`: the process continues. */
  cancelExit(): void {
    this.#exit = undefined;
    this.#isAttemptUseless = false;
  }

  #succeed(): void {
    this.#hasSucceeded = true;
    this.#failures = 0;
    this.#lastError = undefined;
    this.#opensAtMs = -Infinity;
    this.#isDelayRequested = false;
    this.#isAttemptUseless = false;
    this.#concurrency = Math.min(this.#maxConcurrency, this.#concurrency + 1);
  }

  #fail(startedAtMs: number, { error, retryAfterMs }: RetryableOutcome): void {
    const nowMs = performance.now();
    this.#lastError = error;
    const isConnection = error.code === 'SONDE_OTLP_CONNECTION';
    if (retryAfterMs !== undefined || error.code === 'SONDE_OTLP_TIMEOUT') this.#concurrency = 1;
    // Requests that were in flight when the gate closed fail for the same reason.
    if (startedAtMs > this.#closedAtMs || this.#failures === 0) {
      if (this.#failures === 0) this.#failingSinceMs = nowMs;
      this.#failures++;
    }
    const isAnswered = error.code === 'SONDE_OTLP_REFUSED';
    const backOffMs =
      this.#exit === undefined ? this.#backOffMs(isAnswered) : this.#exitBackOffMs(this.#exit);
    const delayMs = Math.max(retryAfterMs ?? 0, backOffMs);
    this.#closedAtMs = nowMs;
    this.#limitedAtMs = nowMs + jittered(isAnswered ? maxDelayMs : maxUnansweredDelayMs);
    this.#isDelayRequested = retryAfterMs !== undefined && nowMs + delayMs >= this.#opensAtMs;
    this.#opensAtMs = Math.max(this.#opensAtMs, nowMs + delayMs);
    const { endsAtMs, wasReachable } = this.#exit ?? { endsAtMs: Infinity, wasReachable: true };
    this.#isAttemptUseless = (isConnection && !wasReachable) || this.#opensAtMs > endsAtMs;
  }

  #backOffMs(isAnswered: boolean): number {
    const limitMs = isAnswered ? maxBackOffMs : maxUnansweredBackOffMs;
    return jittered(Math.min(limitMs, initialBackOffMs * 2 ** (this.#failures - 1)));
  }

  #exitBackOffMs(exit: ExitPhase): number {
    const { backOffMs } = exit;
    exit.backOffMs = Math.min(maxExitBackOffMs, backOffMs * 2);
    return jittered(backOffMs);
  }
}

/** Returns a random delay from half to all of `delayMs`, so that processes do not retry at the same time. */
function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random() / 2);
}
