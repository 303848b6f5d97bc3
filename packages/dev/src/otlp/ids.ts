const traceIdForm = /^(?!0{32})[0-9a-f]{32}$/;
const spanIdForm = /^(?!0{16})[0-9a-f]{16}$/;

export function isTraceId(id: string): boolean {
  return traceIdForm.test(id);
}

export function isSpanId(id: string): boolean {
  return spanIdForm.test(id);
}
