import { warnOnce } from '../diagnostics/notice.ts';

/** Maximum number of characters of a value in a message. */
const MAX_SHOWN = 80;

/** The trimmed text of a variable; undefined if it is unset or blank, which the specification treats alike. */
export function environmentText(name: string): string | undefined {
  const text = process.env[name]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

/** The text of a variable in lower case, for enumerations: the specification treats their values as case-insensitive. */
export function environmentWord(name: string): string | undefined {
  return environmentText(name)?.toLowerCase();
}

/** The program that PM2 runs in this process: a variable of its own in fork mode, part of another in cluster mode. */
export function pm2Program(): string | undefined {
  const program = environmentText('pm_exec_path');
  if (program !== undefined) return program;
  try {
    const { pm_exec_path: path } = JSON.parse(environmentText('pm2_env') ?? '{}') as {
      pm_exec_path?: unknown;
    };
    return typeof path === 'string' ? path : undefined;
  } catch {
    return undefined;
  }
}

/** A non-negative integer; undefined, with a warning, if the variable holds anything else. */
export function environmentCount(name: string): number | undefined {
  const text = environmentText(name);
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  reportVariable(name, 'a non-negative integer');
  return undefined;
}

/** Variables that Node.js, OpenSSL or gRPC reads in each thread when it connects. The threads of exports receive no others. */
export const connectionVariables: readonly string[] = [
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  // Of gRPC.
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'GRPC_SSL_CIPHER_SUITES',
  'grpc_proxy',
  'no_grpc_proxy',
  'https_proxy',
  'http_proxy',
  'no_proxy',
];

/** The variables of a list that are set, blank ones included. */
export function environmentEntries(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = process.env[name];
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** Sets a variable for upstream code that has no option for it. */
export function setEnvironmentVariable(name: string, text: string): void {
  process.env[name] = text;
}

/** The warning about a variable with an invalid value. */
export function invalidVariableMessage(name: string, text: string, expected: string): string {
  return `ignoring invalid ${name}=${JSON.stringify(text.slice(0, MAX_SHOWN))}: expected ${expected}`;
}

/**
 * Warns once that the value of a variable is invalid.
 *
 * @param expected the allowed values: `an integer above 0`
 * @param consequence what applies instead, if it is not the default
 */
export function reportVariable(name: string, expected: string, consequence?: string): void {
  const message = invalidVariableMessage(name, process.env[name] ?? '', expected);
  warnOnce(
    'SONDE_ENVIRONMENT_INVALID',
    name,
    consequence === undefined ? message : `${message}; ${consequence}`,
  );
}
