/**
 * What any schema library offers: zod, valibot, arktype and others.
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

/** A value that fits, or the issues of one that does not. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
