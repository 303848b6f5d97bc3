import { compile, type Dialect, type DialectSettings } from './compile.ts';
import {
  attribute,
  booleanField,
  containsText,
  durationField,
  type FieldCompiler,
  numberField,
  sinceField,
  textField,
  wordField,
} from './fields.ts';
import { logDialect } from './log-dialect.ts';
import { QueryError } from './query-error.ts';
import { always, any, compareNumber, sql, type Sql } from './sql.ts';
import { type Comparison, type FunctionCall, type Node, traceFunctions } from './syntax-tree.ts';

/** The kinds of spans, by OTLP's numbers. */
export const kindNames = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
/** The statuses of spans, by OTLP's numbers. */
export const statusNames = ['unset', 'ok', 'error'] as const;
export const categories = ['http', 'db', 'messaging', 'rpc', 'internal'] as const;

/**
 * The joins that a condition on spans needs, beside the table itself: resources and scopes. Spans come first, whatever
 * SQLite would choose: lists want them in their order.
 */
export function spanJoins(suffix = ''): string {
  return `CROSS JOIN resources r${suffix} ON r${suffix}.id = s${suffix}.resource CROSS JOIN scopes c${suffix} ON c${suffix}.id = s${suffix}.scope`;
}

function spanFields(suffix: string, nowMs: number): Readonly<Record<string, FieldCompiler>> {
  const s = `s${suffix}`;
  const r = `r${suffix}`;
  const toTraceId = `(SELECT trace_id FROM traces WHERE id = ${s}.trace)`;
  const status: FieldCompiler = (node) =>
    statusNames.some((name) => name === node.value.text)
      ? wordField(`${s}.status`, statusNames)(node)
      : numberField(`${s}.status_code`)(node);
  return {
    service: textField(`${r}.service`),
    instance: textField(`${r}.instance`),
    route: textField(`${s}.route`),
    method: textField(`${s}.method`),
    path: textField(`${s}.path`),
    status,
    error: booleanField(`(${s}.status = 2)`),
    name: textField(`${s}.name`),
    kind: wordField(`${s}.kind`, kindNames),
    duration: durationField(`${s}.duration_ns`),
    category: textField(`${s}.category`),
    scope: textField(`c${suffix}.name`),
    trace: (node) => traceField(node, `${s}.trace`, toTraceId),
    span: textField(`${s}.span_id`),
    root: booleanField(`(${s}.parent_id IS NULL)`),
    target: textField(`${s}.target`),
    since: sinceField(`${s}.start_us`, nowMs),
  };
}

/** A whole trace id is looked up by its index. */
export function traceField(node: Comparison, column: string, idOf: string): Sql {
  const { operator, value } = node;
  if (operator === '=' && !value.text.includes('*')) {
    return sql(`${column} = (SELECT id FROM traces WHERE trace_id = ?)`, value.text.toLowerCase());
  }
  return textField(idOf)(node);
}

/** The short words of `spans("db")`. */
function shortWord(word: string, suffix: string): Sql | undefined {
  if (categories.some((name) => name === word)) return sql(`s${suffix}.category = ?`, word);
  if (word === 'error') return sql(`s${suffix}.status = 2`);
  const kind = kindNames.indexOf(word as (typeof kindNames)[number]);
  return kind === -1 ? undefined : sql(`s${suffix}.kind = ?`, kind);
}

/** A query on spans (`s`), their resources (`r`) and scopes (`c`). `suffix` distinguishes a query within a query. */
export function spanDialect(settings: DialectSettings, suffix = ''): Dialect {
  const fields = spanFields(suffix, settings.nowMs);
  const s = `s${suffix}`;
  const other = attribute(`${s}.attributes`, `r${suffix}.attributes`);
  return {
    comparison: (node) =>
      (Object.hasOwn(fields, node.field) ? (fields[node.field] as FieldCompiler) : other)(node),
    text: (text) =>
      any([
        sql(`instr(lower(${s}.name), lower(?)) > 0`, text),
        containsText([`${s}.attributes`, `${s}.events`], text),
      ]),
    ...(suffix === '' && { call: (node: FunctionCall) => countInTrace(node, settings) }),
  };
}

function countInTrace(node: FunctionCall, settings: DialectSettings): Sql {
  const { name, argument, operator, value, position } = node;
  if (!traceFunctions.some((known) => known === name)) {
    throw new QueryError(`${name}() is for --assert alone`, position);
  }
  if (operator === '~' || operator === '!~')
    throw new QueryError(`expected a comparison of numbers`, position);
  const count = countQuery(name, argument, settings);
  const compared = compareNumber(`(${count.text})`, operator, value);
  return { text: compared.text, parameters: [...count.parameters, ...compared.parameters] };
}

/** The query that counts in the trace of the span `s`. */
export function countQuery(name: string, argument: Node | undefined, settings: DialectSettings): Sql {
  if (name === 'exceptions') return sql('SELECT count(*) FROM exceptions e2 WHERE e2.trace = s.trace');
  if (name === 'logs') {
    const condition = argument === undefined ? always : compile(argument, logDialect(settings, '2'));
    const from = 'logs l2 JOIN resources r2 ON r2.id = l2.resource JOIN scopes c2 ON c2.id = l2.scope';
    return sql(
      `SELECT count(*) FROM ${from} WHERE l2.trace = s.trace AND (${condition.text})`,
      ...condition.parameters,
    );
  }
  const word = argument?.type === 'text' ? shortWord(argument.text, '2') : undefined;
  const condition = word ?? (argument === undefined ? always : compile(argument, spanDialect(settings, '2')));
  const from = `spans s2 ${spanJoins('2')}`;
  return sql(
    `SELECT count(*) FROM ${from} WHERE s2.trace = s.trace AND (${condition.text})`,
    ...condition.parameters,
  );
}
