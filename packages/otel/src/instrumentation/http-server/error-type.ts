import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The `error.type` of an unknown error. */
const otherError = '_OTHER';

/** Returns the `error.type` of a thrown value. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : otherError;
}

/**
 * Returns the `error.type` of a response that has closed without an error of the application: `client_disconnect` if the
 * client closed the connection before the end of the response; `_OTHER` if the server closed it without an error; or the
 * status.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
export function getErrorType({ socket }: IncomingMessage, response: ServerResponse): string | undefined {
  if (response.writableFinished) {
    return response.statusCode >= 500 ? String(response.statusCode) : undefined;
  }
  const connection = socket as Socket | null | undefined;
  const isGone = connection?.readableEnded === true || (connection?.errored ?? null) !== null;
  return isGone ? 'client_disconnect' : otherError;
}

/** Returns the error with which the application destroyed the request or its response. */
export function findFailure(request: IncomingMessage, response: ServerResponse): unknown {
  return applicationError(response.errored) ?? applicationError(request.errored);
}

/** Excludes the error that Node.js sets when a connection is lost. */
function applicationError(error: NodeJS.ErrnoException | null | undefined): unknown {
  return error?.code === 'ECONNRESET' ? undefined : (error ?? undefined);
}
