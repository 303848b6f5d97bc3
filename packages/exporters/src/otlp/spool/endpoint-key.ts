/** The name of an endpoint on disk: 16 hex digits of a hash, as long as a path can be. */
export function endpointKey(endpoint: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', endpoint).slice(0, 16);
}
