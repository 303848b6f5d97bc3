import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { problem } from '../http/problem.ts';
import { reply, type Reply } from '../http/reply.ts';
import type { RouteInfo } from '../routing/route.ts';

/** Only this server's own files, and no scripts in the page. Swagger UI sets styles and shows images of `data:`. */
const security = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

const createPage = (title: string, head: string, body: string, status = 200): Reply =>
  reply(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>${escapeHtml(title)}</title>${head}</head><body>${body}</body></html>`,
    { status, headers: { 'content-type': 'text/html; charset=utf-8', ...security } },
  );

/** The folder of swagger-ui-dist; undefined when it is not installed. */
export function findViewer(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  } catch {
    return undefined;
  }
}

const viewerFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The documentation page: Swagger UI if swagger-ui-dist is installed, else a plain list of the routes. */
export function createDocsPage(
  title: string,
  docsPath: string,
  documentPath: string,
  viewer: string | undefined,
  routes: () => readonly RouteInfo[],
): Reply {
  if (viewer === undefined) return createRouteList(title, 200, routes());
  // Relative addresses work below the path of a proxy.
  const folder = escapeHtml(docsPath.slice(docsPath.lastIndexOf('/') + 1));
  const depth = '../'.repeat(docsPath.split('/').length - 2);
  return createPage(
    title,
    `<link rel="stylesheet" href="${folder}/swagger-ui.css"><script defer src="${folder}/swagger-ui-bundle.js"></script>` +
      `<script defer src="${folder}/start.js"></script>`,
    `<div id="docs" data-url="${escapeHtml(`${depth}${documentPath.slice(1)}`)}"></div>`,
  );
}

/** A file of the documentation page. */
export async function readViewerFile(viewer: string | undefined, name: string): Promise<Reply> {
  if (viewer === undefined) throw problem(404);
  if (name === 'start.js') {
    const script =
      "SwaggerUIBundle({ url: document.getElementById('docs').dataset.url, dom_id: '#docs', deepLinking: true });\n";
    return reply(script, { headers: { 'content-type': 'text/javascript; charset=utf-8', ...security } });
  }
  const type = Object.hasOwn(viewerFiles, name) ? viewerFiles[name] : undefined;
  if (type === undefined) throw problem(404);
  return reply(await readFile(join(viewer, name)), {
    headers: { 'content-type': type, 'cache-control': 'max-age=3600', ...security },
  });
}

/** A page of the routes, for a person who looks for them. */
export function createRouteList(title: string, status: number, routes: readonly RouteInfo[]): Reply {
  const rows = routes
    .filter(({ docs }) => docs?.visible !== false)
    .map(({ method, route, docs }) =>
      [method, route, docs?.summary ?? ''].map((cell) => `<td>${escapeHtml(cell)}</td>`).join(''),
    );
  const style =
    '<style>body{font:1rem system-ui;margin:2rem}td{padding:.2rem 1rem .2rem 0;font-family:monospace}</style>';
  return createPage(
    title,
    style,
    `<h1>${escapeHtml(title)}</h1><table>${rows.map((row) => `<tr>${row}</tr>`).join('')}</table>`,
    status,
  );
}
