/** A problem that the API reports (RFC 9457). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly parameter: string | undefined;
  readonly position: number | undefined;

  constructor(status: number, problem: Partial<Record<string, unknown>>) {
    super(typeof problem['detail'] === 'string' ? problem['detail'] : `the viewer answered ${status}`);
    this.status = status;
    this.code = typeof problem['code'] === 'string' ? problem['code'] : 'INTERNAL';
    this.parameter = typeof problem['parameter'] === 'string' ? problem['parameter'] : undefined;
    this.position = typeof problem['position'] === 'number' ? problem['position'] : undefined;
  }
}

export type ApiParameters = Readonly<Record<string, string | number | undefined>>;

/** The address of a query; empty parameters are left out. */
export function apiAddress(path: string, parameters: ApiParameters = {}): string {
  const entries = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]): [string, string] => [name, String(value)]);
  const text = new URLSearchParams(entries).toString();
  return text === '' ? path : `${path}?${text}`;
}

async function request(address: string, init: RequestInit): Promise<Response> {
  const response = await fetch(address, init);
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Record<string, unknown>>;
  throw new ApiError(response.status, problem);
}

/** Asks the API. @throws {ApiError} for a problem, {TypeError} when the viewer is gone */
export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await request(address, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

export async function getText(address: string): Promise<string> {
  return (await request(address, {})).text();
}

/** Posts, and answers with JSON. */
export async function post<T>(address: string, body?: Blob): Promise<T> {
  const headers = { 'content-type': body === undefined ? 'application/json' : 'application/x-ndjson' };
  const response = await request(address, { method: 'POST', headers, body: body ?? '{}' });
  return (await response.json()) as T;
}
