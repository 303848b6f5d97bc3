/** Returns a promise whose rejection is not unhandled: its caller may not await it. */
export function ignoreRejection<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
