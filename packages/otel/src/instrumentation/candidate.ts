import type { Instrumentation } from '@opentelemetry/instrumentation';

/** The instrumentations of one package, which is loaded only when they are created. */
export interface Candidate {
  /** The short name: `express`. */
  readonly name: string;
  /** The package that exports them. */
  readonly packageName: string;
  /** Whether it starts only if it is enabled by name, because of its amount of telemetry. */
  readonly optIn: boolean;
  /** Whether an installed instrumentation of the same name starts too, for the versions that this one does not cover. */
  readonly isComplement?: boolean;
  /** @throws if the package cannot be loaded */
  readonly create: () => Instrumentation[];
}
