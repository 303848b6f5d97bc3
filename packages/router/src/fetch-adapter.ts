import { context, type Context as OtelContext } from '@opentelemetry/api';
import { fieldsOf, hasNoBody, type Rendered } from './answer.ts';
import { bytesOf, dispose } from './chunks.ts';
import { FetchContext } from './fetch-context.ts';
import type { Core } from './node-adapter.ts';
import { endOperation } from './operation.ts';
import { internal, respond } from './respond.ts';
import { emptyTarget, parseTarget } from './target.ts';

/** Answers a Web Request by the same routes and rules as a server does. */
export async function handleFetch(core: Core, request: Request): Promise<Response> {
  const target = parseTarget(withoutFragment(request.url)) ?? emptyTarget;
  const { endpoint, params } = core.table.match(request.method, target.path);
  const c = new FetchContext(request, target, endpoint, params, core.trustedHops);
  const active = core.telemetry?.start(c, false) ?? context.active();
  const rendered = await context.with(active, respond, undefined, c);
  return respondTo(c, rendered, active);
}

type Body = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | string | null;

/** A Request keeps the fragment in its url, which never goes over a wire. */
const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? url;

function respondTo(c: FetchContext, rendered: Rendered, active: OtelContext): Response {
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(fieldsOf(rendered, c.fields))) {
      for (const each of [value].flat()) headers.append(name, each);
    }
    return new Response(bodyOf(c, rendered, active), { status: rendered.status, headers });
  } catch (error) {
    // A header field that cannot be written, say; or a response that is no longer whole.
    c.fields = undefined;
    return respondTo(c, internal(c, error), active);
  }
}

function bodyOf(c: FetchContext, { status, body }: Rendered, active: OtelContext): Body {
  if (typeof body !== 'object' || body instanceof Uint8Array) {
    const empty = body === undefined || c.method === 'HEAD' || hasNoBody(status);
    if (!empty) c.responseBytes = Buffer.byteLength(body);
    endOperation(c, c.gone ? undefined : status, c.gone);
    return empty ? null : typeof body === 'string' ? body : new Uint8Array(body);
  }
  const iterator = body[Symbol.asyncIterator]();
  if (c.method === 'HEAD') {
    dispose(iterator);
    endOperation(c, status, c.gone);
    return null;
  }
  return streamed(c, status, iterator, active);
}

/** The stream runs in the request's context, and the request ends when it does. */
function streamed(
  c: FetchContext,
  status: number,
  iterator: AsyncIterator<unknown>,
  active: OtelContext,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await context.with(active, () => iterator.next());
          if (done) {
            controller.close();
            endOperation(c, status, c.gone);
            return;
          }
          const bytes = bytesOf(value);
          c.responseBytes += bytes.byteLength;
          controller.enqueue(bytes);
        } catch (error) {
          internal(c, error);
          endOperation(c, status, c.gone);
          throw error;
        }
      },
      cancel() {
        context.with(active, () => c.abort());
        dispose(iterator);
        endOperation(c, status, true);
      },
    },
    { highWaterMark: 0 },
  );
}
