import { severityLevel } from '../query/log-dialect.ts';
import { milliseconds, parseJson, type Row } from './database.ts';

export const logColumns = `l.id, l.time_us, l.time_ns, l.observed_us, l.severity, l.severity_text, c.name AS logger, r.service, l.resource, l.body, l.body_is_text,
  l.event, t.trace_id, l.span_id, l.attributes, l.extra, l.exception, e.type, e.message, e.fingerprint`;

export const logTables = `logs l CROSS JOIN resources r ON r.id = l.resource CROSS JOIN scopes c ON c.id = l.scope
  LEFT JOIN traces t ON t.id = l.trace LEFT JOIN exceptions e ON e.id = l.exception`;

/** One log record. */
export function logView(row: Row): Record<string, unknown> & { resource: number } {
  const extra = parseJson<{ dropped?: number }>(row['extra'], {});
  const isText = row['body_is_text'] === 1;
  return {
    id: row['id'],
    time: milliseconds(row['time_us'], row['time_ns'] ?? 0),
    observed: row['observed_us'] === 0 ? null : milliseconds(row['observed_us']),
    level: severityLevel(Number(row['severity'])),
    severityNumber: row['severity'],
    severityText: row['severity_text'],
    logger: row['logger'],
    service: row['service'],
    resource: Number(row['resource']),
    body: row['body'],
    bodyIsText: isText,
    ...(!isText && { bodyValue: parseJson(row['body'], null) }),
    event: row['event'],
    traceId: row['trace_id'],
    spanId: row['span_id'],
    attributes: parseJson(row['attributes'], {}),
    droppedAttributes: extra.dropped ?? 0,
    exception:
      row['exception'] === null || row['type'] === null
        ? null
        : {
            id: row['exception'],
            type: row['type'],
            message: row['message'],
            fingerprint: row['fingerprint'],
          },
  };
}
