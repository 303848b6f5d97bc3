// Loaded by the first invalid request. Imports nothing of the router, so that a bundler keeps the rest in one file.
import type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.ts';

/**
 * One issue of a request, in the `errors` of the problem. The pointer is a JSON pointer in URI fragment form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-6
 */
interface Issue {
  readonly in: string;
  readonly pointer: string;
  readonly detail: string;
}

/**
 * Validates again with lists of one for the fields that have issues: neither a query string nor a form can express the
 * difference between a value and a list of one. Returns the first result when that does not help.
 */
export async function validateLists(
  result: SchemaResult<unknown>,
  value: unknown,
  validate: StandardSchema['~standard']['validate'],
): Promise<SchemaResult<unknown>> {
  const fields: object = Object.assign(Object.create(null), value);
  for (const { path: [step, ...inner] = [] } of result.issues ?? []) {
    const name = typeof step === 'object' ? step.key : (step as string);
    const field: unknown = Reflect.get(fields, name);
    if (field !== undefined && !inner.length && !Array.isArray(field)) Reflect.set(fields, name, [field]);
  }
  const retried = await validate(fields);
  return retried.issues ? result : retried;
}

/** The issues of a part of a request. */
export const toIssues = (part: string, { issues = [] }: SchemaResult<unknown>): Issue[] =>
  issues.map((issue) => toIssue(part, issue));

function toIssue(part: string, { message, path = [] }: SchemaIssue): Issue {
  const tokens = path.map((step) => {
    const key = String(typeof step === 'object' ? step.key : step);
    return `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  });
  return { in: part, pointer: `#${tokens.join('')}`, detail: message };
}
