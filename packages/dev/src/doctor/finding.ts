/** How much a finding matters: `broken` loses telemetry, `warning` makes it wrong or incomplete. */
type Weight = 'broken' | 'warning';

/** One occurrence of a rule: the cause with its names and values, the proof, and the fix. */
export interface Evidence {
  /** One sentence. */
  readonly cause: string;
  /** `file:line`, `VARIABLE=value`, or the response of a receiver. */
  readonly proof: readonly string[];
  /** A command, or one sentence. */
  readonly fix: string;
}

/** Evidence with its rule. */
export interface Finding extends Evidence {
  readonly code: string;
  readonly title: string;
  readonly weight: Weight;
  readonly page: string;
}

/** One cause of missing or wrong telemetry. */
export interface Rule<Facts> {
  /** Stable. A rule that the start-up check of `@sonde/otel` has too has the same code there. */
  readonly code: string;
  readonly title: string;
  readonly weight: Weight;
  /** The section of the guide: why it happens, and what to do. */
  readonly explanation: string;
  readonly check: (facts: Facts) => readonly Evidence[];
}

/** The section of the guide that explains a code. */
export function pageFor(code: string): string {
  return `docs/guide/no-telemetry.md#${code.toLowerCase()}`;
}

/** Applies rules to facts. */
export function applyRules<Facts>(rules: readonly Rule<Facts>[], facts: Facts): Finding[] {
  return rules.flatMap(({ code, title, weight, check }) =>
    check(facts).map(({ cause, proof, fix }) => ({
      code,
      title,
      weight,
      page: pageFor(code),
      cause,
      proof,
      fix,
    })),
  );
}
