import { warnOnce } from './notice.ts';

/** Reports once that there are as many tracers or loggers as are kept. */
export function reportScopes(names: 'tracers' | 'loggers', limit: number): void {
  warnOnce(
    'SONDE_NAMES_LIMIT',
    names,
    `${limit} ${names} exist and no more are kept: use attributes for what varies, and few names`,
  );
}
