import { SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode, hrTimeToMilliseconds, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

import { checkOptions, type Rule, type Rules } from '../config/options-check.ts';
import { consoleRules, resolveConsole, type ConsoleOptions } from './console-options.ts';
import { LineWriter } from './line-writer.ts';
import { LocalTraces } from './local-traces.ts';
import { spanText } from './span-text.ts';

/** Options of the console exporter for spans. */
export interface ConsoleSpanOptions extends ConsoleOptions {
  /** The duration in milliseconds from which on a child has a line of its own. @default 100 */
  slowMs?: number;
}

const slowRule: Rule = {
  allowed: 'a number of milliseconds, 0 or more',
  test: (value) => typeof value === 'number' && value >= 0,
};

const rules: Rules<ConsoleSpanOptions> = { ...consoleRules, slowMs: slowRule };

/**
 * Writes one line for each local root span that ends: method, route, status, duration, trace id. Children that were slow or failed follow,
 * indented.
 *
 * @throws SondeConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * const exporter = new ConsoleSpanExporter({ slowMs: 50 });
 * const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
 * ```
 */
export class ConsoleSpanExporter implements SpanExporter {
  readonly #writer: LineWriter;
  readonly #colors: boolean;
  readonly #slowMs: number;
  readonly #traces = new LocalTraces();

  constructor(options: ConsoleSpanOptions = {}) {
    checkOptions('ConsoleSpanExporter', options, rules);
    const { fd, colors } = resolveConsole(options);
    this.#writer = new LineWriter(fd);
    this.#colors = colors;
    this.#slowMs = options.slowMs ?? 100;
  }

  /** Succeeds once the lines are written; a reader that is gone is no failure of the pipeline. */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    let text = '';
    for (const span of spans) {
      if (LocalTraces.isRoot(span)) text += spanText(span, this.#traces.take(span), this.#colors);
      else if (this.#isNotable(span)) this.#traces.keep(span);
    }
    const done = (): void => resultCallback({ code: ExportResultCode.SUCCESS });
    if (text === '') done();
    else this.#writer.write(text, done);
  }

  /** Resolves once every line is written. */
  async forceFlush(): Promise<void> {
    this.#writer.flush();
    await this.#writer.settled();
  }

  /** Writes what is left; spans that come later are dropped. */
  async shutdown(): Promise<void> {
    await this.#writer.close();
  }

  #isNotable({ status, duration }: ReadableSpan): boolean {
    return status.code === SpanStatusCode.ERROR || hrTimeToMilliseconds(duration) >= this.#slowMs;
  }
}
