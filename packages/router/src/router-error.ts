import { inspect } from 'node:util';
import { acrossCopies } from './http/across-copies.ts';

/** Codes of the errors that the router throws in the program; clients get a problem document instead. */
export type RouterErrorCode =
  | 'SONDE_ROUTE_TEMPLATE'
  | 'SONDE_ROUTE_DUPLICATE'
  | 'SONDE_ROUTE_METHOD'
  | 'SONDE_ROUTER_MOUNTED'
  | 'SONDE_ROUTER_OPTION'
  | 'SONDE_MIDDLEWARE'
  | 'SONDE_RESPONSE'
  | 'SONDE_BODY_CONSUMED'
  | 'SONDE_LISTEN';

/**
 * A programming error, or an address that is not available.
 *
 * @example
 * ```ts
 * import { createRouter, RouterError } from '@sonde/router';
 *
 * try {
 *   createRouter().get('no-slash', () => 'never');
 * } catch (error) {
 *   if (error instanceof RouterError) console.log(error.code); // SONDE_ROUTE_TEMPLATE
 * }
 * ```
 */
export class RouterError extends Error {
  static {
    acrossCopies(this, 'RouterError');
  }

  override readonly name = 'RouterError';
  declare readonly code: RouterErrorCode;

  constructor(code: RouterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Creates the error for an invalid argument. */
export function unexpected(where: string, expected: string, got: unknown): RouterError {
  return new RouterError('SONDE_ROUTER_OPTION', `${where}: expected ${expected}, got ${inspect(got)}`);
}
