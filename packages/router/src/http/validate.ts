import { NullObject } from '../routing/null-object.ts';
import { parseContentType } from './body.ts';
import type { Handle } from '../routing/endpoint.ts';
import { problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

const parts = ['params', 'query', 'headers', 'body'] as const;

/** A part of a request that a schema can validate. */
type Part = (typeof parts)[number];

export type Schemas = { readonly [Name in Part]?: StandardSchema };

/**
 * One issue of a request, in the `errors` of the problem. The pointer is a JSON pointer in URI fragment form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-6
 */
interface Issue {
  readonly in: Part;
  readonly pointer: string;
  readonly detail: string;
}

/** Wraps a handler in the validation of its schemas. The response for an invalid request lists all issues. */
export function withValidation(schemas: Schemas, handle: Handle): Handle {
  const validated = parts.filter((part) => schemas[part]);
  if (!validated.length) return handle;
  return async (c) => {
    const errors: Issue[] = [];
    for (const part of validated) {
      const result = await (schemas as Required<Schemas>)[part]['~standard'].validate(
        part === 'body' ? await readBody(c) : c[part],
      );
      if (result.issues) for (const issue of result.issues) errors.push(toIssue(part, issue));
      // Replaces the accessors of `query` and `headers`.
      else Object.defineProperty(c, part, { value: result.value });
    }
    if (errors.length) throw problem(400, 'Request validation failed', { errors });
    return handle(c);
  };
}

/** Reads JSON or a form. Undefined for an empty body without a content type. */
async function readBody(c: RequestContext): Promise<unknown> {
  const { 'content-type': type } = c.req.headers;
  if (parseContentType(type) === 'form') {
    // A repeated field is a list.
    const fields = new NullObject();
    for (const [name, value] of await c.form()) {
      fields[name] = name in fields ? [fields[name], value].flat() : value;
    }
    return fields;
  }
  return type || (await c.bytes()).length ? c.json() : undefined;
}

function toIssue(part: Part, { message, path = [] }: SchemaIssue): Issue {
  const tokens = path.map((step) => {
    const key = String(typeof step === 'object' ? step.key : step);
    return `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  });
  return { in: part, pointer: `#${tokens.join('')}`, detail: message };
}
