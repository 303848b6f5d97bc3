import { setTimeout as delay } from 'node:timers/promises';
import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';

const maxWaitingBytes = 32 * 1024 * 1024;
const tries = 4;
const timeoutMs = 10_000;

/** Passes requests on to a Collector as they came, in the background. What it does not take after a few tries is lost. */
export class Forwarder {
  readonly url: string;
  sent = 0;
  failed = 0;
  lastError: string | null = null;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #aborter = new AbortController();
  #waitingBytes = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param url the Collector's OTLP endpoint for HTTP, without the path of a signal */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url.replace(/\/+$/, '');
    this.#headers = headers;
  }

  /** Passes a request on. The bytes are copied. */
  forward(signal: Signal, encoding: Encoding, body: Uint8Array): void {
    if (this.#waitingBytes + body.length > maxWaitingBytes) {
      this.#fail('too much waits for the Collector');
      return;
    }
    const copy = Buffer.from(body);
    this.#waitingBytes += copy.length;
    this.#last = this.#last.then(async () => {
      await this.#send(signal, encoding, copy);
      this.#waitingBytes -= copy.length;
    });
  }

  /** Waits until everything is sent, or given up. */
  async flush(): Promise<void> {
    await this.#last;
  }

  close(): void {
    this.#aborter.abort();
  }

  toJSON(): object {
    const { url, sent, failed, lastError } = this;
    return { url, sent, failed, lastError };
  }

  async #send(signal: Signal, encoding: Encoding, body: Buffer<ArrayBuffer>): Promise<void> {
    const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
    for (let attempt = 1; !this.#aborter.signal.aborted; attempt++) {
      try {
        const response = await fetch(`${this.url}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': type, ...this.#headers },
          body,
          signal: AbortSignal.any([this.#aborter.signal, AbortSignal.timeout(timeoutMs)]),
        });
        await response.arrayBuffer();
        if (response.ok) {
          this.sent += 1;
          return;
        }
        const isRetryable = [429, 502, 503, 504].includes(response.status);
        if (!isRetryable || attempt === tries) return this.#fail(`${this.url} answered ${response.status}`);
      } catch (error) {
        const { cause, message } = error as Error;
        if (attempt === tries)
          return this.#fail(`${this.url}: ${(cause as Error | undefined)?.message ?? message}`);
      }
      await delay(250 * 2 ** attempt, undefined, { signal: this.#aborter.signal, ref: false }).catch(
        () => {},
      );
    }
  }

  #fail(detail: string): void {
    this.failed += 1;
    this.lastError = detail;
  }
}
