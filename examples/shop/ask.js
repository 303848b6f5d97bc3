import { problem } from '@sonde/router';

/** What another service answers: GET without a body, POST with one. Its 4xx goes on to the caller, its 5xx is a 502. */
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
