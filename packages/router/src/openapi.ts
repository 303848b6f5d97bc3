import type { Context } from './http/context.ts';
import type { Middleware, Next, NextResult } from './http/middleware.ts';
import { Problem } from './http/problem.ts';
import { Reply } from './http/reply.ts';
import { createDocument, type DocumentOptions, type OpenApiDocument } from './openapi/document.ts';
import { createDocsPage, createRouteList, findViewer, readViewerFile } from './openapi/page.ts';
import type { Router } from './router.ts';
import { RouterError, unexpected } from './router-error.ts';
import type { RouteInfo } from './routing/route.ts';

export { createDocument, type DocumentOptions, type OpenApiDocument } from './openapi/document.ts';
export type { JsonSchema, SchemaConverter } from './openapi/json-schema.ts';

/** Options of {@link openApi}. */
export interface OpenApiOptions extends DocumentOptions {
  /** The path of the document. @default '/openapi.json' */
  readonly path?: string;
  /**
   * The path of the documentation page, or false for none. It shows Swagger UI if the package `swagger-ui-dist` is
   * installed, else a list of the routes; it loads nothing from other servers. @default '/docs'
   */
  readonly docs?: string | false;
  /** The folder of `swagger-ui-dist`. @default the installed one */
  readonly viewerFolder?: string;
  /** Responds to unknown paths with a list of the routes, as a help in development. @default false */
  readonly listOnNotFound?: boolean;
}

/**
 * Adds the OpenAPI 3.1 document of a router and a documentation page to it. The document is created by the first request,
 * so routes can be registered later; `listOnNotFound` applies to paths that match no route.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when `info` has no title and version.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { openApi } from '@sonde/router/openapi';
 *
 * const app = createRouter().get('/users/:id', { docs: { summary: 'Reads a user' } }, (c) => c.params);
 * openApi(app, { info: { title: 'Users', version: '1.0.0' } });
 * ```
 */
export function openApi<State extends object, Needs extends object>(
  app: Router<State, Needs>,
  options: OpenApiOptions,
): Router<State, Needs> {
  const {
    info,
    path = '/openapi.json',
    docs = '/docs',
    viewerFolder = findViewer(),
    listOnNotFound = false,
  } = Object(options) as OpenApiOptions;
  if (typeof info?.title !== 'string' || typeof info.version !== 'string') {
    throw unexpected('openApi', '{ info: { title, version } }', options);
  }
  let document: OpenApiDocument | undefined;
  const hidden = { docs: { visible: false } } as const;
  app.get(path, hidden, () => (document ??= createDocument(app.routes(), options)));
  if (docs !== false) {
    app.get(docs, hidden, () => createDocsPage(info.title, docs, path, viewerFolder, () => app.routes()));
    app.get(`${docs}/:file`, hidden, (c) => readViewerFile(viewerFolder, c.params['file'] ?? ''));
  }
  if (listOnNotFound) {
    app.use(async (c: Context, next: Next) => {
      const result: unknown = await next();
      const isMissing = !c.route && result instanceof Problem && result.status === 404;
      return (isMissing ? createRouteList(info.title, 404, app.routes()) : result) as NextResult<object>;
    });
  }
  return app;
}

/**
 * A middleware that validates results by the `response` schemas of their routes and replaces an invalid one by a 500: for
 * development and tests. A result is validated as it is before serialization; a problem or a `Response` is not.
 *
 * @param app - The router that listens
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { validateResponses } from '@sonde/router/openapi';
 *
 * const app = createRouter();
 * if (process.env['NODE_ENV'] !== 'production') app.use(validateResponses(() => app.routes()));
 * ```
 */
export function validateResponses(
  routes: () => readonly RouteInfo[],
): Middleware<object, Promise<NextResult<object>>> {
  return async (c, next) => {
    const result: unknown = await next();
    const isHead = c.method === 'HEAD';
    const route = routes().find(
      (each) => each.route === c.route && (each.method === c.method || (isHead && each.method === 'GET')),
    );
    const { value, status = 200 } = result instanceof Reply ? result : { value: result };
    if (!route?.response || value instanceof Problem || value instanceof Response)
      return result as NextResult<object>;
    const schema = '~standard' in route.response ? route.response : route.response[status];
    const { issues } = (await schema?.['~standard'].validate(value)) ?? {};
    if (!issues) return result as NextResult<object>;
    const [first] = issues;
    throw new RouterError(
      'SONDE_RESPONSE',
      `Response of ${c.method} ${c.route} does not match its schema: ${first?.message}`,
    );
  };
}
