/** The `traceparent` of a client's request by its number. @see https://www.w3.org/TR/trace-context/ */
export function traceparent(index: number): string {
  const part = (index + 1).toString(16).padStart(8, '0');
  return `00-${part}5ca1ab1e0ddba11c0ffee123-${part}c0ffee12-01`;
}
