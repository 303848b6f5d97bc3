import { NullObject } from '../routing/null-object.ts';
import { parseContentType } from './body.ts';
import type { Handle } from '../routing/endpoint.ts';
import { problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import type { StandardSchema } from './standard-schema.ts';

const parts = ['params', 'query', 'headers', 'body'] as const;

/** A part of a request that a schema can validate. */
type Part = (typeof parts)[number];

export type Schemas = { readonly [Name in Part]?: StandardSchema };

/** Wraps a handler in the validation of its schemas. The response for an invalid request lists all issues. */
export function withValidation(schemas: Schemas, handle: Handle): Handle {
  const validated = parts.filter((part) => schemas[part]);
  if (!validated.length) return handle;
  return async (c) => {
    const errors: unknown[] = [];
    for (const part of validated) {
      const { validate } = (schemas as Required<Schemas>)[part]['~standard'];
      const value = part === 'body' ? await readBody(c) : c[part];
      let result = await validate(value);
      if (result.issues) {
        // Most requests are valid: the first one that is not loads this module.
        const { toIssues, validateLists } = await import('./issues.ts');
        if (part === 'query' || isForm(c)) result = await validateLists(result, value, validate);
        errors.push(...toIssues(part, result));
      }
      // Replaces the accessors of `query` and `headers`.
      if (!result.issues) Object.defineProperty(c, part, { value: result.value });
    }
    if (errors.length) throw problem(400, 'Request validation failed', { errors });
    return handle(c);
  };
}

const isForm = (c: RequestContext): boolean => parseContentType(c.req.headers['content-type']) === 'form';

/** Reads JSON or a form. Undefined for an empty body. */
async function readBody(c: RequestContext): Promise<unknown> {
  const { 'content-type': type } = c.req.headers;
  if (isForm(c)) {
    // A repeated field is a list.
    const fields = new NullObject();
    for (const [name, value] of await c.form()) {
      const field = fields[name];
      if (Array.isArray(field)) field.push(value);
      else fields[name] = name in fields ? [field, value] : value;
    }
    return fields;
  }
  return (type && parseContentType(type) !== 'JSON') || (await c.bytes()).length ? c.json() : undefined;
}
