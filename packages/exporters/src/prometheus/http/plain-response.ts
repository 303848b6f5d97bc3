import type { ServerResponse } from 'node:http';

/** Answers with one line of text, in place of a page for which headers may be set already. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.removeHeader('content-encoding');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** Refuses a scrape for now. */
export function sendBusy(response: ServerResponse): void {
  response.setHeader('retry-after', '1');
  sendText(response, 503, 'too many scrapes are under way');
}
