import { parseStack } from '../exceptions/stack.ts';
import { milliseconds, type Row } from './database.ts';

export const exceptionColumns = `e.id, e.fingerprint, e.type, e.message, e.stack, e.time_us, e.span_id, e.log, e.resource, e.handled, e.attributes, r.service`;

/** An exception with its parsed stack. */
export function exceptionView(row: Row): Record<string, unknown> {
  const stack = row['stack'] === null ? null : String(row['stack']);
  const { frames, causes } = parseStack(stack);
  return {
    id: row['id'],
    fingerprint: row['fingerprint'],
    type: row['type'],
    message: row['message'],
    time: milliseconds(row['time_us']),
    spanId: row['span_id'],
    logId: row['log'],
    service: row['service'],
    resource: row['resource'],
    handled: row['handled'] === 1,
    stack,
    frames,
    causes,
  };
}
