import type { Attributes } from '@opentelemetry/api';
import { ATTR_DB_RESPONSE_STATUS_CODE, ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';

/** A code such as `ER_DUP_ENTRY` or `11000`: not a message, which may contain values. */
const codePattern = /^\w{1,64}$/;

/** Returns the code of an error: a short word or a number. */
function errorCode(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const text = typeof code === 'number' ? String(code) : code;
  return typeof text === 'string' && codePattern.test(text) ? text : undefined;
}

/** Returns the `error.type` of an error: its code, else its class. */
export function errorType(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return code;
  return error instanceof Error && codePattern.test(error.name) ? error.name : '_OTHER';
}

/** Returns the attributes of a failed operation. */
export const describeFailure = (error: unknown): Attributes => ({ [ATTR_ERROR_TYPE]: errorType(error) });

/**
 * Returns the attributes of a failed database operation, without the message of the error: it may contain values.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/
 */
export function describeDatabaseFailure({ error }: { readonly error?: unknown }): Attributes | undefined {
  if (error === undefined || error === null) return undefined;
  const code = errorCode(error);
  return {
    [ATTR_ERROR_TYPE]: errorType(error),
    ...(code === undefined ? {} : { [ATTR_DB_RESPONSE_STATUS_CODE]: code }),
  };
}
