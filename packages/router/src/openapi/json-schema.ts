import type { StandardSchema } from '../http/standard-schema.ts';

/** A JSON Schema of the dialect 2020-12, as OpenAPI 3.1 uses it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts a schema of one vendor; `input` is what a client sends, `output` what a handler returns. */
export type SchemaConverter = (schema: StandardSchema, side: 'input' | 'output') => JsonSchema;

/** The methods of Standard JSON Schema. */
interface StandardJsonSchema {
  readonly jsonSchema?: Readonly<
    Record<'input' | 'output', (options: { target: string }) => Record<string, unknown>>
  >;
}

/** Converts schemas, and collects their definitions under unique names. */
export class SchemaCollection {
  /** The schemas of `#/components/schemas`. */
  readonly components: Record<string, JsonSchema> = {};
  /** The definitions by name, before their references are rewritten. */
  readonly #contents = new Map<string, string>();
  readonly #converters: Readonly<Record<string, SchemaConverter>>;
  readonly #converted = {
    input: new Map<StandardSchema, JsonSchema>(),
    output: new Map<StandardSchema, JsonSchema>(),
  };

  constructor(converters: Readonly<Record<string, SchemaConverter>>) {
    this.#converters = converters;
  }

  /**
   * The JSON Schema of a schema: from the converter of its vendor, else by Standard JSON Schema, else one that accepts
   * anything. A schema with an `id` becomes a component.
   *
   * @see https://standardschema.dev/json-schema
   */
  convert(schema: StandardSchema, side: 'input' | 'output'): JsonSchema {
    const known = this.#converted[side].get(schema);
    if (known) return known;
    const standard = schema['~standard'];
    const convert = this.#converters[standard.vendor];
    const { jsonSchema } = standard as StandardJsonSchema;
    const { $schema: _, ...converted } =
      convert?.(schema, side) ?? jsonSchema?.[side]({ target: 'draft-2020-12' }) ?? {};
    const result = this.#hoist(converted, side);
    this.#converted[side].set(schema, result);
    return result;
  }

  /** Moves definitions to the components: in a document, `#/$defs/Name` would be a reference to its root. */
  #hoist({ $defs = {}, id, ...root }: Record<string, unknown>, side: 'input' | 'output'): JsonSchema {
    const definitions = Object.entries($defs as Record<string, Record<string, unknown>>);
    const names = new Map(
      definitions.map(([name, schema]) => [`#/$defs/${name}`, this.#name(name, schema, side)]),
    );
    const refersToRoot = JSON.stringify([root, $defs]).includes('"$ref":"#"');
    if (typeof id === 'string' || refersToRoot)
      names.set('#', this.#name(typeof id === 'string' ? id : 'Schema', root, side));
    for (const [name, schema] of definitions) this.#add(names, `#/$defs/${name}`, schema);
    const own = names.get('#');
    if (own === undefined) return rewrite(root, names) as JsonSchema;
    this.#add(names, '#', root);
    return { $ref: `#/components/schemas/${own}` };
  }

  #add(names: ReadonlyMap<string, string>, reference: string, schema: Record<string, unknown>): void {
    const { id: _, ...rest } = schema;
    this.components[names.get(reference) ?? ''] = rewrite(rest, names) as JsonSchema;
  }

  /** A free name; the same definition of several schemas keeps its name, and the other side of a schema gets one. */
  #name(name: string, schema: object, side: 'input' | 'output'): string {
    const base = name.replaceAll(/[^\w.-]/g, '_');
    const content = JSON.stringify(schema);
    for (let count = 0; ; count++) {
      const suffix = count === 0 ? '' : `${side === 'input' ? 'Input' : 'Output'}${count === 1 ? '' : count}`;
      const candidate = base + suffix;
      const existing = this.#contents.get(candidate) ?? content;
      if (existing !== content) continue;
      this.#contents.set(candidate, content);
      return candidate;
    }
  }
}

/** A copy whose references point to the components. */
function rewrite(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const name = key === '$ref' ? names.get(String(member)) : undefined;
      return [key, name === undefined ? rewrite(member, names) : `#/components/schemas/${name}`];
    }),
  );
}
