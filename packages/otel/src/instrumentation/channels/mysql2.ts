import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { ChannelMessage, ChannelSpans, OperationSpan } from './channel-subscriber.ts';
import { describeDatabaseFailure } from './failure.ts';
import { serverAttributes, type ServerOfMessage } from './server-attributes.ts';
import { sanitizeQuery, sanitizeRecurring } from './sql.ts';

/** Messages of mysql2 3.20 and newer. */
interface QueryMessage extends ChannelMessage, ServerOfMessage {
  /** The text of `query()` contains the values already; that of `execute()` has placeholders. */
  readonly query: string;
  readonly values?: unknown;
  readonly database?: string;
}

function describeQuery(message: QueryMessage, isPrepared: boolean): OperationSpan {
  const { database, query, values } = message;
  const isRecurring = isPrepared || values === undefined;
  const sanitized = isRecurring ? sanitizeRecurring(query) : sanitizeQuery(query);
  const attributes: Attributes = {
    [ATTR_DB_SYSTEM_NAME]: 'mysql',
    ...(database ? { [ATTR_DB_NAMESPACE]: database } : {}),
    ...(sanitized.summary === '' ? {} : { [ATTR_DB_QUERY_SUMMARY]: sanitized.summary }),
    ...serverAttributes(message),
  };
  return {
    name: sanitized.summary || database || 'mysql',
    kind: SpanKind.CLIENT,
    attributes,
    details: { [ATTR_DB_QUERY_TEXT]: sanitized.text },
  };
}

/** @see https://opentelemetry.io/docs/specs/semconv/database/mysql/ */
export const mysql2: readonly ChannelSpans<QueryMessage>[] = [
  {
    channel: 'mysql2:query',
    describe: (message) => describeQuery(message, false),
    outcome: describeDatabaseFailure,
  },
  {
    channel: 'mysql2:execute',
    describe: (message) => describeQuery(message, true),
    outcome: describeDatabaseFailure,
  },
  // No span: a query that waited for a connection goes on in its own context, and not in that of the released connection.
  { channel: 'mysql2:pool:connect', describe: () => undefined },
];
