import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** The page loads nothing from elsewhere, and runs no script that is not a file of its own. */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where the build of the page lies, beside the sources and beside what is built of them. */
const builtPage = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../page-dist' : '../page-dist', import.meta.url),
);

const missingPage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>sonde dev</title>
<body><h1>The page is not built</h1><p>The viewer receives telemetry, and its API answers at <a href="/api/status">/api/status</a>.</p>
<p>In a checkout of the repository, <code>npm run build</code> builds the page.</p></body></html>`;

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly compressed: Buffer | undefined;
}

async function load(path: string): Promise<PageFile> {
  const bytes = await readFile(path);
  const type = types[extname(path)] ?? 'application/octet-stream';
  const isText = !type.startsWith('image/p') && !type.startsWith('font/');
  return { type, bytes, compressed: isText ? await promisify(gzip)(bytes) : undefined };
}

/** The files of the built page, in memory. Every path that names none answers the page itself, so that permalinks work. */
export class Page {
  readonly #directory: string;
  #files: Promise<ReadonlyMap<string, PageFile>> | undefined;

  constructor(directory: string = builtPage) {
    this.#directory = directory;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const files = await this.#load();
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const file = files.get(path) ?? files.get('/index.html');
    const isAsset = path.startsWith('/assets/') && files.has(path);
    const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const body = acceptsGzip ? (file?.compressed ?? file?.bytes) : file?.bytes;
    response.writeHead(200, {
      'content-type': file?.type ?? 'text/html; charset=utf-8',
      'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(acceptsGzip && file?.compressed !== undefined && { 'content-encoding': 'gzip' }),
    });
    response.end(request.method === 'HEAD' ? undefined : (body ?? missingPage));
  }

  #load(): Promise<ReadonlyMap<string, PageFile>> {
    this.#files ??= this.#readAll();
    return this.#files;
  }

  async #readAll(): Promise<ReadonlyMap<string, PageFile>> {
    const entries = await readdir(this.#directory, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const files = await Promise.all(
      paths.map(async (path): Promise<[string, PageFile]> => {
        const name = `/${relative(this.#directory, path).split(sep).join('/')}`;
        return [name, await load(path)];
      }),
    );
    // A build that comes later is found at the next request.
    if (files.length === 0) this.#files = undefined;
    return new Map(files);
  }
}
