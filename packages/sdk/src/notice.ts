import { diag } from '@opentelemetry/api';

/** Something the operator should know once: telemetry is degraded, the application is not. */
export interface Notice {
  /** Stable, starts with `SONDE_`. */
  readonly code: string;
  /** One sentence: what happened and what to do. */
  readonly message: string;
}

/** Receives notices. @default a warning through the API's `diag` logger */
export type NoticeListener = (notice: Notice) => void;

/** Tells each notice once for each key, and never lets a listener's fault out. */
export class NoticeBoard {
  readonly #listener: NoticeListener;
  readonly #reported = new Set<string>();

  constructor(listener: NoticeListener = warn) {
    this.#listener = listener;
  }

  /** At most 1000 different keys are remembered; what comes after them is not told. */
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
