import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

import { consoleRules, resolveConsole, type ConsoleOptions } from './console-options.ts';

import { LineExporter } from './line-exporter.ts';
import { LocalTraces } from './local-traces.ts';
import { spanText } from './span-text.ts';
import { checkOptions, type Rule, type Rules } from '@sonde/sdk';

/** Options of {@link ConsoleSpanExporter}. */
export interface ConsoleSpanOptions extends ConsoleOptions {
  /** Minimum duration of a child span to be written, in milliseconds. @default 100 */
  slowMs?: number;
}

const slowRule: Rule = {
  allowed: 'a number of milliseconds, 0 or more',
  test: (value) => typeof value === 'number' && value >= 0,
};

const rules: Rules<ConsoleSpanOptions> = { ...consoleRules, slowMs: slowRule };

/**
 * Writes one line for each local root span: method, route, status, duration, trace id. Slow and failed children follow, indented.
 *
 * @throws {SondeConfigError} if an option is unknown or invalid
 *
 * @example
 * ```ts
 * const exporter = new ConsoleSpanExporter({ slowMs: 50 });
 * const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
 * ```
 */
export class ConsoleSpanExporter extends LineExporter implements SpanExporter {
  readonly #colors: boolean;
  readonly #slowMs: number;
  readonly #traces = new LocalTraces();

  constructor(options: ConsoleSpanOptions = {}) {
    checkOptions('ConsoleSpanExporter', options, rules);
    const { fd, colors } = resolveConsole(options);
    super(fd);
    this.#colors = colors;
    this.#slowMs = options.slowMs ?? 100;
  }

  /** Succeeds when the lines are written, and also if the stream is closed or blocked. */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    let text = '';
    let lineCount = 0;
    for (const span of spans) {
      if (LocalTraces.isRoot(span)) {
        const children = this.#traces.consumeChildren(span);
        text += spanText(span, children, this.#colors);
        lineCount += 1 + children.length;
      } else if (this.#isNotable(span)) this.#traces.add(span);
    }
    this.write(text, lineCount, resultCallback);
  }

  #isNotable({ status, duration }: ReadableSpan): boolean {
    return status.code === SpanStatusCode.ERROR || hrTimeToMilliseconds(duration) >= this.#slowMs;
  }
}
