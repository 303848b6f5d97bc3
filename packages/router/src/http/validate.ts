import { NullObject } from '../routing/null-object.ts';
import { parseContentType } from './body.ts';
import type { Handle } from '../routing/endpoint.ts';
import { problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import type { SchemaIssue, StandardSchema } from './standard-schema.ts';

const parts = ['params', 'query', 'headers', 'body'] as const;

/** A part of a request that a schema may describe. */
type Part = (typeof parts)[number];

export type Schemas = { readonly [Name in Part]?: StandardSchema };

/**
 * One fault of a request: a member of the problem's `errors`. The pointer is a JSON pointer in URI fragment form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6901#section-6
 */
interface Fault {
  readonly in: Part;
  readonly pointer: string;
  readonly detail: string;
}

/** Puts the route's schemas before its handler. All faults of a request are answered at once, with 400. */
export function withValidation(schemas: Schemas, handle: Handle): Handle {
  const given = parts.filter((part) => schemas[part]);
  if (!given.length) return handle;
  return async (c) => {
    const faults: Fault[] = [];
    for (const part of given) {
      const result = await (schemas as Required<Schemas>)[part]['~standard'].validate(
        part === 'body' ? await readBody(c) : c[part],
      );
      if (result.issues) for (const issue of result.issues) faults.push(toFault(part, issue));
      else c[part] = result.value;
    }
    if (faults.length) throw problem(400, 'The request does not fit', { errors: faults });
    return handle(c);
  };
}

/** JSON or a form. A body without a type is no body, or else of the wrong type. */
async function readBody(c: RequestContext): Promise<unknown> {
  const { 'content-type': type } = c.req.headers;
  if (parseContentType(type) === 'form') {
    // Without a prototype; a field that is repeated is a list.
    const fields = new NullObject();
    for (const [name, value] of await c.form()) {
      fields[name] = name in fields ? [fields[name], value].flat() : value;
    }
    return fields;
  }
  return type || (await c.bytes()).length ? c.json() : undefined;
}

function toFault(part: Part, { message, path = [] }: SchemaIssue): Fault {
  const tokens = path.map((step) => {
    const key = String(typeof step === 'object' ? step.key : step);
    return `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
  });
  return { in: part, pointer: `#${tokens.join('')}`, detail: message };
}
