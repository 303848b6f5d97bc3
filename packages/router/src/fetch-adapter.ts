import { context } from '@opentelemetry/api';
import { RequestContext } from './context.ts';
import type { Core } from './node-adapter.ts';
import type { Endpoint } from './endpoint.ts';
import { respond } from './respond.ts';
import { parseTarget } from './target.ts';

class FetchContext extends RequestContext {
  readonly #request: Request;
  #headers: unknown;

  constructor(
    request: Request,
    path: string,
    search: string,
    endpoint: Endpoint,
    params: unknown,
    limit: number,
  ) {
    super(request.method, path, search, endpoint, params, limit);
    this.#request = request;
  }

  get headers(): unknown {
    return (this.#headers ??= Object.fromEntries(this.#request.headers));
  }

  set headers(value: unknown) {
    this.#headers = value;
  }

  get contentType(): string | undefined {
    return this.#request.headers.get('content-type') ?? undefined;
  }

  get url(): URL {
    return new URL(this.#request.url);
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  stream(): ReadableStream<Uint8Array> {
    return this.#request.body ?? new Response('').body!;
  }

  protected async readBytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.#request.arrayBuffer());
  }
}

/** Answers a Web Request. */
export async function handleFetch(core: Core, request: Request): Promise<Response> {
  const target = parseTarget(request.url) ?? { path: '/', search: '' };
  const { endpoint, params } = core.table.match(request.method, target.path);
  const c = new FetchContext(request, target.path, target.search, endpoint, params, core.bodyLimitBytes);
  const scheme = request.url.startsWith('https:') ? 'https' : 'http';
  const operation =
    endpoint.telemetry &&
    core.telemetry?.start(endpoint.telemetry, scheme, '1.1', Object.fromEntries(request.headers), false);
  const rendered = await (operation === undefined
    ? respond(c, core.onError)
    : context.with(operation.context, respond, undefined, c, core.onError));
  const headers = new Headers();
  const fields = [...(c.answerHeaders ?? []), ...rendered.headers];
  for (let index = 0; index < fields.length; index += 2) headers.append(fields[index]!, fields[index + 1]!);
  operation?.end({ status: rendered.status, error: c.error });
  const body =
    request.method === 'HEAD' ? null : ((rendered.body ?? null) as ConstructorParameters<typeof Response>[0]);
  return new Response(body, { status: rendered.status, headers });
}
