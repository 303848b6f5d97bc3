import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { diag } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';

/** Receives the messages of a channel. */
type Subscriber = (message: never) => void;

/** Errors of telemetry must not reach the application: Node.js throws those of subscribers later, as uncaught. */
function guard(channel: string, subscriber: Subscriber): (message: unknown) => void {
  return (message) => {
    try {
      subscriber(message as never);
    } catch (fault) {
      diag.error(`failed to read a message of ${channel}`, fault);
    }
  };
}

/** Reports routes and errors of a framework that publishes them on channels. It creates no spans. */
export class ChannelHook implements Instrumentation {
  readonly instrumentationName: string;
  readonly instrumentationVersion: string = version;
  readonly #subscribers: readonly (readonly [channel: string, subscriber: (message: unknown) => void])[];
  #isEnabled = false;

  /** @param subscribers by the name of their channel */
  constructor(name: string, subscribers: Readonly<Record<string, Subscriber>>) {
    this.instrumentationName = `@sonde/instrumentation-${name}`;
    this.#subscribers = Object.entries(subscribers).map(([channel, subscriber]) => [
      channel,
      guard(channel, subscriber),
    ]);
  }

  enable(): void {
    if (this.#isEnabled) return;
    this.#isEnabled = true;
    for (const [channel, subscriber] of this.#subscribers) subscribe(channel, subscriber);
  }

  disable(): void {
    this.#isEnabled = false;
    for (const [channel, subscriber] of this.#subscribers) unsubscribe(channel, subscriber);
  }

  setTracerProvider(): void {}

  setMeterProvider(): void {}

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }
}
