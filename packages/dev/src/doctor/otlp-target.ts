import { getText } from './variables.ts';

/** Where a signal is exported to. */
export interface OtlpTarget {
  readonly signal: 'traces' | 'metrics' | 'logs';
  readonly url: URL;
  readonly protocol: 'http' | 'grpc';
  readonly headers: Readonly<Record<string, string>>;
  /** The variable that sets the endpoint; undefined for the default. */
  readonly variable: string | undefined;
  readonly protocolVariable: string;
}

const signals = ['traces', 'metrics', 'logs'] as const;

function parseHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((entry) => {
      const [, key, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(.*?)\s*$/.exec(entry) ?? [];
      try {
        return key === undefined ? [] : [[key.toLowerCase(), decodeURIComponent(value ?? '')]];
      } catch {
        return [];
      }
    }),
  );
}

/** The OTLP endpoints of an environment, one for each signal that is exported by OTLP. */
export function readTargets(environment: Readonly<Record<string, string | undefined>>): OtlpTarget[] {
  const get = (name: string): string | undefined => getText(environment, name);
  if (get('OTEL_CONFIG_FILE') !== undefined || get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return [];
  return signals.flatMap((signal) => {
    const upper = signal.toUpperCase();
    const exporter = get(`OTEL_${upper}_EXPORTER`)?.toLowerCase() ?? 'otlp';
    if (!exporter.split(',').some((name) => name.trim() === 'otlp')) return [];
    const prefix = 'OTEL_EXPORTER_OTLP_';
    const find = (name: string): string | undefined =>
      [`${prefix}${upper}_${name}`, `${prefix}${name}`].find((variable) => get(variable) !== undefined);
    const protocolVariable = find('PROTOCOL') ?? `${prefix}PROTOCOL`;
    const protocol = get(protocolVariable) === 'grpc' ? 'grpc' : 'http';
    const variable = find('ENDPOINT');
    const text =
      variable === undefined
        ? `http://localhost:${protocol === 'grpc' ? 4317 : 4318}`
        : (get(variable) ?? '');
    const isOwn = variable?.includes(upper) === true;
    const full = protocol === 'grpc' || isOwn ? text : `${text.replace(/\/$/, '')}/v1/${signal}`;
    const withScheme = /^https?:/.test(full) ? full : `http://${full}`;
    if (!URL.canParse(withScheme)) return [];
    const headers = parseHeaders(get(find('HEADERS') ?? '') ?? '');
    return [{ signal, url: new URL(withScheme), protocol, headers, variable, protocolVariable }];
  });
}

/** Formats a URL for a report, which people publish: without the credentials and the values of its query. */
export function formatUrl(url: URL): string {
  const { protocol, host, pathname, username, password, search } = url;
  return `${protocol}//${username + password === '' ? '' : '***@'}${host}${pathname}${search === '' ? '' : '?***'}`;
}

/** One target for each endpoint: the others would give the same result. */
export function distinctTargets(targets: readonly OtlpTarget[]): OtlpTarget[] {
  // An endpoint of one signal has a variable of its own.
  const key = ({ url, protocol, variable }: OtlpTarget): string => `${protocol} ${url.origin} ${variable}`;
  return [...new Map(targets.toReversed().map((target) => [key(target), target])).values()];
}
