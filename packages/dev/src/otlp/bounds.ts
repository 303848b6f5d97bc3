/** The bounds of what one item may hold: telemetry comes from outside, and is kept. */
export const bounds = {
  /** Attributes of an item, a resource or a scope; more are dropped and counted. */
  attributes: 512,
  /** Characters of a string value; a longer one is cut. */
  textLength: 65_536,
  /** Characters of a name: of a span, a scope, an attribute, an instrument. */
  nameLength: 1024,
  /** Levels of arrays and maps within a value. */
  depth: 16,
  /** Elements of all arrays and maps within one value. */
  elements: 4096,
  /** Events of a span, and links. */
  events: 1000,
  /** Buckets of a histogram point. */
  buckets: 1000,
  /** Exemplars of a point. */
  exemplars: 32,
} as const;

/** Cuts a text that is too long, and states in it how long it was. */
export function cutText(text: string, length: number, maxLength: number = bounds.textLength): string {
  if (length <= maxLength) return text;
  return `${text.slice(0, maxLength)}…[cut: ${length} characters]`;
}
