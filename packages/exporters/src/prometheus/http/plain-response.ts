import type { ServerResponse } from 'node:http';

/** Responds with one line of plain text, replacing headers set for an exposition. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.removeHeader('content-encoding');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** Responds with a 503 that asks the scraper to retry. */
export function sendBusy(response: ServerResponse): void {
  response.setHeader('retry-after', '1');
  sendText(response, 503, 'too many concurrent scrapes');
}
