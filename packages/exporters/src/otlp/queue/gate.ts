import type { OtlpExportError } from '../transport/export-error.ts';
import type { SendOutcome } from './transport.ts';

const initialBackOffMs = 1000;
/** Attempts without an answer cost the receiver little: its recovery is noticed soon. */
const maxUnansweredBackOffMs = 5000;
/** A receiver that answers that it is overloaded is spared. */
const maxBackOffMs = 30_000;
const hurriedBackOffMs = 100;
const maxHurriedBackOffMs = 500;
/** Requests at a time when the process is about to end. */
const hurriedConcurrency = 16;

type Failure = Extract<SendOutcome, { status: 'retryable' }>;

/** The last attempts before the process ends. */
interface Hurry {
  /** When the time is over, on the clock of `performance.now()`. */
  readonly endsAtMs: number;
  /** Whether the receiver worked until now: then a failure may be short. */
  readonly isHopeful: boolean;
  readonly startedAtMs: number;
  /** Attempts from before, which may hang. They hold up no others. */
  earlierAttempts: number;
  backOffMs: number;
}

/**
 * Decides when the next request may be sent to a receiver. After a failure it closes for a jittered, growing delay, or for
 * as long as the receiver asks. Then it admits one request to probe the receiver, and several at a time once that succeeds.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-throttling
 */
export class Gate {
  readonly #maxConcurrency: number;
  /** Requests at a time; fewer after the receiver asked to slow down. */
  #concurrency: number;
  #inFlight = 0;
  /** Failures since the last success. */
  #failures = 0;
  #failingSinceMs = 0;
  #hasSucceeded = false;
  #closedAtMs = -Infinity;
  #opensAtMs = -Infinity;
  /** Whether the receiver set the delay. */
  #isAsked = false;
  #hurry: Hurry | undefined;
  #isHopeless = false;
  #lastError: OtlpExportError | undefined;

  constructor(maxConcurrency: number) {
    this.#maxConcurrency = maxConcurrency;
    this.#concurrency = maxConcurrency;
  }

  /** Why the receiver fails; undefined after a success. */
  get lastError(): OtlpExportError | undefined {
    return this.#lastError;
  }

  /** How long the receiver has failed, in milliseconds; 0 after a success. */
  get failingForMs(): number {
    return this.#failures === 0 ? 0 : performance.now() - this.#failingSinceMs;
  }

  /** Whether another attempt is useless in the time that is left before the process ends. */
  get isHopeless(): boolean {
    return this.#isHopeless;
  }

  /** Whether a request may be sent now. */
  get isOpen(): boolean {
    const inFlight = this.#inFlight - (this.#hurry?.earlierAttempts ?? 0);
    return !this.#isHopeless && inFlight < this.#limit && this.opensInMs === 0;
  }

  /** Milliseconds until the delay is over. */
  get opensInMs(): number {
    return Math.max(0, this.#opensAtMs - performance.now());
  }

  get #limit(): number {
    if (this.#failures > 0) return 1;
    const isThrottled = this.#concurrency < this.#maxConcurrency;
    return this.#hurry === undefined || isThrottled ? this.#concurrency : hurriedConcurrency;
  }

  /** A request is sent. Returns the time, to be passed to `end`. */
  begin(): number {
    this.#inFlight++;
    return performance.now();
  }

  /** @param failure undefined if the receiver answered, or if the attempt was aborted */
  end(startedAtMs: number, outcome: Failure | 'answered' | 'aborted'): void {
    this.#inFlight--;
    if (this.#hurry !== undefined && startedAtMs < this.#hurry.startedAtMs) {
      this.#hurry.earlierAttempts = Math.max(0, this.#hurry.earlierAttempts - 1);
    }
    if (outcome === 'aborted') return;
    if (outcome === 'answered') this.#succeed();
    else this.#fail(startedAtMs, outcome);
  }

  /** Cuts a delay short, unless the receiver asked for it. */
  expedite(): void {
    if (!this.#isAsked) this.#opensAtMs = -Infinity;
  }

  /** The process ends in `budgetMs`: tries at once, even if the receiver asked for a delay, and again after short delays. */
  hurry(budgetMs: number): void {
    if (this.#hurry !== undefined) return;
    const isHopeful = this.#hasSucceeded && this.#failures === 0;
    const startedAtMs = performance.now();
    const earlierAttempts = this.#failures > 0 ? this.#inFlight : 0;
    this.#hurry = {
      startedAtMs,
      endsAtMs: startedAtMs + budgetMs,
      earlierAttempts,
      isHopeful,
      backOffMs: hurriedBackOffMs,
    };
    this.#opensAtMs = -Infinity;
  }

  /** The process goes on after all. */
  relax(): void {
    this.#hurry = undefined;
    this.#isHopeless = false;
  }

  #succeed(): void {
    this.#hasSucceeded = true;
    this.#failures = 0;
    this.#lastError = undefined;
    this.#opensAtMs = -Infinity;
    this.#isAsked = false;
    this.#isHopeless = false;
    this.#concurrency = Math.min(this.#maxConcurrency, this.#concurrency + 1);
  }

  #fail(startedAtMs: number, { error, retryAfterMs }: Failure): void {
    const nowMs = performance.now();
    this.#lastError = error;
    const isConnection = error.code === 'SONDE_OTLP_CONNECTION';
    if (retryAfterMs !== undefined || error.code === 'SONDE_OTLP_TIMEOUT') this.#concurrency = 1;
    // Requests that were under way when the gate closed fail for the same reason.
    if (startedAtMs > this.#closedAtMs || this.#failures === 0) {
      if (this.#failures === 0) this.#failingSinceMs = nowMs;
      this.#failures++;
    }
    const isAnswered = error.code === 'SONDE_OTLP_REFUSED';
    const backOffMs =
      this.#hurry === undefined ? this.#backOffMs(isAnswered) : this.#hurriedBackOffMs(this.#hurry);
    const delayMs = Math.max(retryAfterMs ?? 0, backOffMs);
    this.#closedAtMs = nowMs;
    this.#isAsked = retryAfterMs !== undefined && nowMs + delayMs >= this.#opensAtMs;
    this.#opensAtMs = Math.max(this.#opensAtMs, nowMs + delayMs);
    const { endsAtMs, isHopeful } = this.#hurry ?? { endsAtMs: Infinity, isHopeful: true };
    this.#isHopeless = (isConnection && !isHopeful) || this.#opensAtMs > endsAtMs;
  }

  #backOffMs(isAnswered: boolean): number {
    const limitMs = isAnswered ? maxBackOffMs : maxUnansweredBackOffMs;
    return jittered(Math.min(limitMs, initialBackOffMs * 2 ** (this.#failures - 1)));
  }

  #hurriedBackOffMs(hurry: Hurry): number {
    const { backOffMs } = hurry;
    hurry.backOffMs = Math.min(maxHurriedBackOffMs, backOffMs * 2);
    return jittered(backOffMs);
  }
}

/** Half to all of the delay, so that processes that failed together do not return together. */
function jittered(delayMs: number): number {
  return delayMs * (0.5 + Math.random() / 2);
}
