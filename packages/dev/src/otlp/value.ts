/** A value as JSON holds it. */
export type PlainValue =
  | string
  | number
  | boolean
  | null
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** An `AnyValue` as OTLP's JSON writes it. */
export type OtlpValue = Readonly<Record<string, unknown>>;
