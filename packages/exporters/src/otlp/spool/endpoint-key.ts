/** Returns 16 hex digits of the hash of an endpoint, because an endpoint may be too long for a file name. */
export function endpointKey(endpoint: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', endpoint).slice(0, 16);
}
