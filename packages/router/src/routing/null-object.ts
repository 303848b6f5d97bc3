/** An object without a prototype. Faster than `Object.create(null)`: each request creates one. */
export const NullObject = function () {} as unknown as new () => Record<string, unknown>;
NullObject.prototype = Object.create(null);
