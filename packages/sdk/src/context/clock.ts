/** The monotonic clock: the global is a getter, and asked once here. */
export const clock: typeof performance = performance;
