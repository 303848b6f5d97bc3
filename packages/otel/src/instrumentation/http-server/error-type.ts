import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is known of a failure that has no name. */
const other = '_OTHER';

/** The name under which telemetry knows what was thrown. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : other;
}

/**
 * Why a response that has closed without an error of the application is a failure: `client_disconnect`, when the client
 * went away before it had the answer; `_OTHER`, when this side cut the connection and gave no reason; or the status.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
export function getErrorType({ socket }: IncomingMessage, response: ServerResponse): string | undefined {
  if (response.writableFinished) {
    return response.statusCode >= 500 ? String(response.statusCode) : undefined;
  }
  const connection = socket as Socket | null | undefined;
  const isGone = connection?.readableEnded === true || (connection?.errored ?? null) !== null;
  return isGone ? 'client_disconnect' : other;
}

/** What the application gave as a reason for destroying a request or its response. */
export function findFailure(request: IncomingMessage, response: ServerResponse): unknown {
  return givenReason(response.errored) ?? givenReason(request.errored);
}

/** Node has a reason of its own for requests of a connection that is gone. */
function givenReason(error: NodeJS.ErrnoException | null | undefined): unknown {
  return error?.code === 'ECONNRESET' ? undefined : (error ?? undefined);
}
