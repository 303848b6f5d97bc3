import type { Instrumentation } from '@opentelemetry/instrumentation';

/** Instrumentations that could be started: loaded and made only when they are. */
export interface Candidate {
  /** The short name: `express`. */
  readonly name: string;
  /** The package that they come from. */
  readonly packageName: string;
  /** Whether it starts only when it is enabled by name: too much telemetry for most. */
  readonly optIn: boolean;
  /** @throws when the package is broken */
  readonly create: () => Instrumentation[];
}
