/** How the value of a field is written. */
export const wire = { varint: 0, eightBytes: 1, delimited: 2, fourBytes: 5 } as const;
