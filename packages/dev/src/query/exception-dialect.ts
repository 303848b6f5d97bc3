import type { Dialect } from './compile.ts';
import { attribute, containsText, type FieldCompiler, sinceField, textField } from './fields.ts';
import { traceField } from './span-dialect.ts';

/** A query on exceptions (`e`) and their resources (`r`). */
export function exceptionDialect(nowMs: number): Dialect {
  const fields: Readonly<Record<string, FieldCompiler>> = {
    type: textField('e.type'),
    message: textField('e.message'),
    service: textField('r.service'),
    instance: textField('r.instance'),
    route: textField('(SELECT s.route FROM spans s WHERE s.trace = e.trace AND s.route IS NOT NULL LIMIT 1)'),
    trace: (node) => traceField(node, 'e.trace', '(SELECT trace_id FROM traces WHERE id = e.trace)'),
    since: sinceField('e.time_us', nowMs),
  };
  const other = attribute('e.attributes', 'r.attributes');
  return {
    comparison: (node) =>
      (Object.hasOwn(fields, node.field) ? (fields[node.field] as FieldCompiler) : other)(node),
    text: (text) => containsText(['e.type', 'e.message', 'e.stack'], text),
  };
}
