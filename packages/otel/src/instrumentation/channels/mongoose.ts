import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  ATTR_DB_COLLECTION_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { ChannelMessage, ChannelSpans, OperationSpan } from './channel-subscriber.ts';
import { describeDatabaseFailure } from './failure.ts';
import { serverAttributes, type ServerOfMessage } from './server-attributes.ts';

/** Messages of mongoose 9.7 and newer. */
interface OperationMessage extends ChannelMessage, ServerOfMessage {
  readonly operation: string;
  /** Absent from aggregations of a whole database. */
  readonly collection?: string;
  readonly database?: string;
  readonly args?: { readonly docs?: unknown; readonly ops?: unknown };
}

/** Filters and documents are left out: they consist of values. */
function describe(message: OperationMessage): OperationSpan {
  const { args, collection, database, operation } = message;
  const batch = args?.docs ?? args?.ops;
  const size = Array.isArray(batch) ? batch.length : 0;
  const attributes: Attributes = {
    [ATTR_DB_SYSTEM_NAME]: 'mongodb',
    [ATTR_DB_OPERATION_NAME]: operation,
    ...(collection ? { [ATTR_DB_COLLECTION_NAME]: collection } : {}),
    ...(database ? { [ATTR_DB_NAMESPACE]: database } : {}),
    ...serverAttributes(message),
  };
  const target = collection ?? database;
  return {
    name: target ? `${operation} ${target}` : operation,
    kind: SpanKind.CLIENT,
    attributes,
    ...(size > 1 ? { details: { [ATTR_DB_OPERATION_BATCH_SIZE]: size } } : {}),
  };
}

/** `mongoose:cursor:next` is not read: it has a message for each document. */
const channels = ['query', 'aggregate', 'model:save', 'model:insertMany', 'model:bulkWrite'];

/** @see https://opentelemetry.io/docs/specs/semconv/database/mongodb/ */
export const mongoose: readonly ChannelSpans<OperationMessage>[] = channels.map((name) => ({
  channel: `mongoose:${name}`,
  describe,
  outcome: describeDatabaseFailure,
}));
