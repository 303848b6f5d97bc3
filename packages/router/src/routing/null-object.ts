/** An object without prototype: made as often as requests come, and faster than by `Object.create(null)`. */
export const NullObject = function () {} as unknown as new () => Record<string, unknown>;
NullObject.prototype = Object.create(null);
