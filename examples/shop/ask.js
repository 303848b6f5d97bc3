import { problem } from '@sonde/router';

/** Calls another service: GET without a body, POST with one. Passes its 4xx on to the caller, and maps its 5xx to 502. */
export async function ask(url, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(
    url,
    body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) },
  );
  const text = await response.text();
  if (!response.ok)
    throw problem(response.status < 500 ? response.status : 502, `${url}: ${response.status}`);
  return text === '' ? undefined : JSON.parse(text);
}
