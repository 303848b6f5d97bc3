/**
 * A schema of any library that implements Standard Schema, such as zod, valibot or arktype.
 *
 * @see https://standardschema.dev
 *
 * @example
 * ```ts
 * import type { StandardSchema } from '@sonde/router';
 *
 * const text: StandardSchema<unknown, string> = {
 *   '~standard': {
 *     version: 1,
 *     vendor: 'mine',
 *     validate: (value) =>
 *       typeof value === 'string' ? { value } : { issues: [{ message: 'must be text' }] },
 *   },
 * };
 * ```
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The validated value, or the issues of an invalid one. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One issue of an invalid value, and its path. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
