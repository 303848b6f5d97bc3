type UpgradeListener = (this: unknown, statusCode: number, ...rest: unknown[]) => unknown;

/** The headers of a request of undici: alternating names and values, or lines of text before undici 6. */
export interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  headers: unknown[] | string;
  /** The protocol to switch to: `websocket`. */
  readonly upgrade?: unknown;
  /** Called with the response to an upgrade before undici 8. */
  onUpgrade?: UpgradeListener | undefined;
  /** The same since undici 8. */
  onRequestUpgrade?: UpgradeListener | undefined;
}

/** Returns a header of a request; the last one if there are several. */
export function getHeader({ headers }: UndiciRequest, name: string): string | undefined {
  if (typeof headers === 'string') {
    const line = headers.split('\r\n').findLast((text) => text.toLowerCase().startsWith(`${name}:`));
    return line?.slice(name.length + 1).trim();
  }
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const key: unknown = headers[index];
    const value: unknown = headers[index + 1];
    if (typeof key === 'string' && key.length === name.length && key.toLowerCase() === name) {
      return typeof value === 'string' ? value : undefined;
    }
  }
  return undefined;
}

/** Sets a header of a request, in place of those of the same name. */
export function setHeader(request: UndiciRequest, name: string, value: string): void {
  const { headers } = request;
  const lower = name.toLowerCase();
  if (typeof headers === 'string') {
    const others = headers.split('\r\n').filter((line) => !line.toLowerCase().startsWith(`${lower}:`));
    // The text ends with a line break.
    request.headers = `${[...others.filter((line) => line !== ''), `${name}: ${value}`].join('\r\n')}\r\n`;
    return;
  }
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const key: unknown = headers[index];
    if (typeof key === 'string' && key.toLowerCase() === lower) headers.splice(index, 2);
  }
  headers.push(name, value);
}
