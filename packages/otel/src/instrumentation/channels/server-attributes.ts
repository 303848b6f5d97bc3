import type { Attributes } from '@opentelemetry/api';
import { ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@opentelemetry/semantic-conventions';

/** The server of a message: a host and its port, or the path of a socket. */
export interface ServerOfMessage {
  readonly serverAddress?: string | undefined;
  readonly serverPort?: number | string | undefined;
}

/** Returns the attributes of a server; a port may be text. */
export function serverAttributes({ serverAddress, serverPort }: ServerOfMessage): Attributes {
  const port = Number(serverPort);
  return {
    ...(typeof serverAddress === 'string' && serverAddress !== ''
      ? { [ATTR_SERVER_ADDRESS]: serverAddress }
      : {}),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 ? { [ATTR_SERVER_PORT]: port } : {}),
  };
}
