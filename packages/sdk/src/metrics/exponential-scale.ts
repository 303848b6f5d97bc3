const maxExponent = 1023;
const minExponent = -1022;
const minNormal = 2 ** minExponent;
const bits = new DataView(new ArrayBuffer(8));

/**
 * Returns the index of the bucket of a positive value. The upper bound of bucket `i` is `2 ** ((i + 1) / 2 ** scale)`,
 * inclusive.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export function bucketIndex(value: number, scale: number): number {
  return scale > 0 ? fineIndex(value, scale) : coarseIndex(value, -scale);
}

/** For buckets narrower than a power of two. */
function fineIndex(value: number, scale: number): number {
  const last = ((maxExponent + 1) << scale) - 1;
  if (value <= minNormal) return (minExponent << scale) - 1;
  if (isPowerOfTwo(value)) return (getExponent(value) << scale) - 1;
  return Math.min(Math.floor(Math.log(value) * (Math.LOG2E * 2 ** scale)), last);
}

/** For buckets of one or more powers of two. */
function coarseIndex(value: number, shift: number): number {
  if (value < minNormal) return (minExponent >> shift) - (shift < 2 ? 1 : 0);
  return (getExponent(value) - (isPowerOfTwo(value) ? 1 : 0)) >> shift;
}

function getExponent(value: number): number {
  bits.setFloat64(0, value);
  return ((bits.getUint32(0) & 0x7f_f0_00_00) >> 20) - maxExponent;
}

function isPowerOfTwo(value: number): boolean {
  bits.setFloat64(0, value);
  return (bits.getUint32(0) & 0x0f_ff_ff) === 0 && bits.getUint32(4) === 0;
}
