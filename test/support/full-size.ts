/**
 * Whether the suites run at full size, as `npm run test:long` does. `npm test` leaves out what takes minutes and runs a
 * share of tables that are the product of several lists.
 */
export const isFullSize: boolean = process.env['SONDE_TEST_LONG'] === 'true';

/** The reason to skip a test that only `npm run test:long` runs; false at full size. */
export const onlyAtFullSize: string | false = isFullSize ? false : 'part of npm run test:long';
