import { STATUS_CODES } from 'node:http';
import type { StandardSchema } from '../http/standard-schema.ts';
import { RouterError } from '../router-error.ts';
import type { RouteInfo } from '../routing/route.ts';
import { parameterNames } from '../routing/template.ts';
import { type JsonSchema, SchemaCollection, type SchemaConverter } from './json-schema.ts';

/** Members of the document that the routes do not determine. */
export interface DocumentOptions {
  readonly info: { readonly title: string; readonly version: string } & Readonly<Record<string, unknown>>;
  /** Further members of the document, such as `servers`, `tags`, `security` and `components.securitySchemes`. */
  readonly document?: Readonly<Record<string, unknown>>;
  /**
   * Converters to JSON Schema by vendor, for libraries without Standard JSON Schema: `{ valibot: (schema) =>
   * toJsonSchema(schema) }`.
   */
  readonly converters?: Readonly<Record<string, SchemaConverter>>;
}

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [member: string]: unknown;
}

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'A problem, by RFC 9457.',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { in: { type: 'string' }, pointer: { type: 'string' }, detail: { type: 'string' } },
        required: ['in', 'pointer', 'detail'],
      },
    },
  },
  required: ['title', 'status'],
};

const operations = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Creates the OpenAPI 3.1 document of routes. Leaves out methods that OpenAPI does not know, such as `PURGE`.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when two routes have the same `operationId`.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function createDocument(
  routes: readonly RouteInfo[],
  { info, document = {}, converters = {} }: DocumentOptions,
): OpenApiDocument {
  const schemas = new SchemaCollection(converters);
  const paths: Record<string, Record<string, unknown>> = {};
  const ids = new Set<string>();
  for (const route of routes) {
    if (route.docs?.visible === false || !operations.has(route.method)) continue;
    const operation = createOperation(route, schemas);
    if (ids.has(operation.operationId)) {
      throw new RouterError(
        'SONDE_ROUTER_OPTION',
        `Duplicate operationId ${operation.operationId}: expected unique ones`,
      );
    }
    ids.add(operation.operationId);
    const path = route.route.replaceAll(/(?<=\/)[:*](\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation;
  }
  const components = (document['components'] ?? {}) as Record<string, object>;
  return {
    openapi: '3.1.1',
    info,
    ...document,
    paths,
    components: {
      ...components,
      schemas: { Problem: problemSchema, ...schemas.components, ...components['schemas'] },
    },
  };
}

interface Operation {
  readonly operationId: string;
  readonly [member: string]: unknown;
}

function createOperation(route: RouteInfo, schemas: SchemaCollection): Operation {
  const { method, route: template, docs: { visible: _, ...docs } = {}, params, query, headers, body } = route;
  const words = template.match(/\w+/g) ?? ['root'];
  const parameters = [
    ...createPathParameters(template, params, schemas),
    ...createParameters('query', query, schemas),
    ...createParameters('header', headers, schemas),
  ];
  const isOptional = body && !('issues' in Object(body['~standard'].validate(undefined)));
  return {
    operationId: [method.toLowerCase(), ...words].join('_'),
    ...docs,
    ...(parameters.length && { parameters }),
    ...(body && {
      requestBody: {
        ...(!isOptional && { required: true }),
        content: {
          'application/json': { schema: schemas.convert(body, 'input') },
          'application/x-www-form-urlencoded': { schema: schemas.convert(body, 'input') },
        },
      },
    }),
    responses: createResponses(route, schemas),
  };
}

const describeProblem = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function createResponses(
  { response, params, query, headers, body }: RouteInfo,
  schemas: SchemaCollection,
): object {
  const byStatus = response && '~standard' in response ? { 200: response } : (response ?? {});
  const statuses = Object.entries(byStatus as Record<string, StandardSchema>).map(
    ([status, schema]): [string, object] => [
      status,
      {
        description: STATUS_CODES[status] ?? 'Response',
        content: { 'application/json': { schema: schemas.convert(schema, 'output') } },
      },
    ],
  );
  if (!statuses.length) statuses.push(['200', { description: 'OK' }]);
  const isValidated = params ?? query ?? headers ?? body;
  return {
    ...(isValidated && { 400: describeProblem('The request is invalid') }),
    ...(body && {
      413: describeProblem('The body is too large'),
      415: describeProblem('The media type is not supported'),
    }),
    ...Object.fromEntries(statuses),
    default: describeProblem('Any other problem'),
  };
}

/** The properties of the schema of an object. */
function listProperties(schema: JsonSchema, schemas: SchemaCollection): [string, JsonSchema, boolean][] {
  const reference = /^#\/components\/schemas\/(.*)$/.exec(String(schema['$ref']))?.[1];
  const { properties = {}, required = [] } = (
    reference === undefined ? schema : schemas.components[reference]
  ) as {
    properties?: Record<string, JsonSchema>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => [name, property, required.includes(name)]);
}

function createPathParameters(
  template: string,
  schema: StandardSchema | undefined,
  schemas: SchemaCollection,
): object[] {
  const known = new Map(
    schema &&
      listProperties(schemas.convert(schema, 'input'), schemas).map(([name, property]) => [name, property]),
  );
  return parameterNames(template).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: known.get(name) ?? { type: 'string' },
    description: template.endsWith(`*${name}`)
      ? 'The rest of the path, which may contain slashes.'
      : undefined,
  }));
}

function createParameters(
  place: 'query' | 'header',
  schema: StandardSchema | undefined,
  schemas: SchemaCollection,
): object[] {
  if (!schema) return [];
  return listProperties(schemas.convert(schema, 'input'), schemas).map(([name, property, isRequired]) => ({
    name,
    in: place,
    required: isRequired,
    schema: property,
  }));
}
