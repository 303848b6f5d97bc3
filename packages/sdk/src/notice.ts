import { diag } from '@opentelemetry/api';

/** A message for the operator: telemetry is degraded, the application is not. */
export interface Notice {
  /** A stable code that starts with `SONDE_`. */
  readonly code: string;
  /** One sentence: what happened and what to do. */
  readonly message: string;
}

/** Receives notices. @default a warning through the API's `diag` logger */
export type NoticeListener = (notice: Notice) => void;

/** Reports each notice once per key. Errors of the listener go to `diag`. */
export class NoticeBoard {
  readonly #listener: NoticeListener;
  readonly #reported = new Set<string>();

  constructor(listener: NoticeListener = warn) {
    this.#listener = listener;
  }

  /** Reports a notice unless its key was reported before. Keys beyond the first 1000 are ignored. */
  reportOnce(key: string, notice: Notice): void {
    if (this.#reported.has(key) || this.#reported.size >= 1000) return;
    this.#reported.add(key);
    this.report(notice);
  }

  report(notice: Notice): void {
    try {
      this.#listener(notice);
    } catch (error) {
      diag.error('a notice listener failed', error);
    }
  }
}

function warn(notice: Notice): void {
  diag.warn(`${notice.message} (${notice.code})`);
}
