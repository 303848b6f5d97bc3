import { type Attributes, SpanKind } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import { ATTR_GRAPHQL_OPERATION_NAME, ATTR_GRAPHQL_OPERATION_TYPE } from '../../semconv.ts';
import type { ChannelMessage, ChannelSpans, OperationSpan } from './channel-subscriber.ts';
import { errorType } from './failure.ts';

/** Messages of graphql 17 and newer. */
interface OperationMessage extends ChannelMessage {
  /** Undefined if the document does not contain the operation. */
  readonly operationType?: string | undefined;
  readonly operationName?: string | undefined;
}

/** The document is left out: it may contain values. */
function describe({ operationName, operationType }: OperationMessage): OperationSpan {
  const attributes: Attributes = {
    ...(operationType === undefined ? {} : { [ATTR_GRAPHQL_OPERATION_TYPE]: operationType }),
    ...(operationName === undefined ? {} : { [ATTR_GRAPHQL_OPERATION_NAME]: operationName }),
  };
  // Clients choose the name of an operation, which would make too many span names.
  return { name: operationType ?? 'GraphQL Operation', kind: SpanKind.INTERNAL, attributes };
}

/** An operation that fails returns its errors: those of resolvers, and those of its variables. */
function outcome({ error, result }: ChannelMessage): Attributes | undefined {
  if (error !== undefined && error !== null) return { [ATTR_ERROR_TYPE]: errorType(error) };
  const { errors } = (result ?? {}) as { readonly errors?: readonly { readonly originalError?: unknown }[] };
  const [first] = Array.isArray(errors) ? errors : [];
  return first === undefined ? undefined : { [ATTR_ERROR_TYPE]: errorType(first.originalError ?? first) };
}

/** @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/ */
export const graphql: readonly ChannelSpans<OperationMessage>[] = ['execute', 'subscribe'].map((name) => ({
  channel: `graphql:${name}`,
  describe,
  outcome,
}));
