import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import packageJson from '../../../package.json' with { type: 'json' };

import { environmentText } from '../../environment.ts';
import { type OtlpCompression, type OtlpOptions, parseUrl } from '../options.ts';
import { type GrpcEndpoint, parseGrpcEndpoint } from './grpc-endpoint.ts';
import type { OtlpSignal } from '../signal.ts';
import type { OtlpTls } from './otlp-request.ts';
import { shortText } from './rejection-reason.ts';
import { NoticeBoard } from '@sonde/sdk';

/** The settings of a transport over HTTP, after environment variables and defaults are applied. */
export interface OtlpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** `Infinity` means no limit. */
  readonly timeoutMs: number;
  readonly compression: OtlpCompression;
  readonly tls: OtlpTls;
}

/** The settings of a transport over gRPC. */
export interface GrpcSettings extends Pick<OtlpSettings, 'timeoutMs' | 'compression' | 'tls'> {
  readonly endpoint: GrpcEndpoint;
  /** The metadata of each call, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
}

const defaultTimeoutMs = 10_000;
const compressions: readonly OtlpCompression[] = ['gzip', 'none'];
const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
/** Maximum delay of a Node.js timer, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;
const defaultGrpcEndpoint: GrpcEndpoint = {
  target: 'dns:localhost:4317',
  isSecure: false,
  origin: 'http://localhost:4317',
};
const userAgent = `Sonde-OTLP-Exporter-JavaScript/${packageJson.version}`;

/** The notices of all exporters without a listener, so that a variable of several signals is reported once. */
const environmentNotices = new NoticeBoard();

/**
 * Applies environment variables and defaults. A variable of the signal takes precedence over that of all signals. Invalid
 * variables are reported and ignored.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function resolveOtlpSettings(
  signal: OtlpSignal,
  options: OtlpOptions,
  notices: NoticeBoard,
): OtlpSettings {
  const environment = createEnvironment(signal, options, notices);
  return {
    url: parseUrl(options.url) ?? environment.url(),
    headers: {
      'user-agent': userAgent,
      ...environment.headers(),
      ...lowerCaseKeys(options.headers ?? {}),
      'content-type': contentTypes[options.encoding ?? 'protobuf'],
    },
    timeoutMs: toTimeLimit(options.timeoutMs) ?? environment.timeoutMs() ?? defaultTimeoutMs,
    compression: options.compression ?? environment.compression() ?? 'none',
    tls: options.tls ?? environment.tls(),
  };
}

/** As `resolveOtlpSettings`, for a transport over gRPC. */
export function resolveGrpcSettings(
  signal: OtlpSignal,
  options: OtlpOptions,
  notices: NoticeBoard,
): GrpcSettings {
  const environment = createEnvironment(signal, options, notices);
  const headers = { ...environment.headers(isGrpcMetadata), ...lowerCaseKeys(options.headers ?? {}) };
  const { 'user-agent': agent = userAgent, ...metadata } = headers;
  return {
    endpoint: (options.url && parseGrpcEndpoint(options.url)) || environment.grpcEndpoint(),
    headers: metadata,
    userAgent: agent,
    timeoutMs: toTimeLimit(options.timeoutMs) ?? environment.timeoutMs() ?? defaultTimeoutMs,
    compression: options.compression ?? environment.compression() ?? 'none',
    tls: options.tls ?? environment.tls(),
  };
}

function createEnvironment(
  signal: OtlpSignal,
  { onNotice }: OtlpOptions,
  notices: NoticeBoard,
): OtlpEnvironment {
  return new OtlpEnvironment(signal, onNotice === undefined ? environmentNotices : notices);
}

/** An environment variable that is set. */
interface Variable {
  readonly name: string;
  readonly text: string;
}

class OtlpEnvironment {
  readonly #signal: OtlpSignal;
  readonly #notices: NoticeBoard;

  constructor(signal: OtlpSignal, notices: NoticeBoard) {
    this.#signal = signal;
    this.#notices = notices;
  }

  url(): URL {
    const signalVariable = this.#variable('ENDPOINT', this.#signal);
    const signalUrl = signalVariable && parseUrl(signalVariable.text);
    if (signalUrl !== undefined) return signalUrl;
    if (signalVariable !== undefined) this.#report(signalVariable, 'an http or https URL');
    const commonVariable = this.#variable('ENDPOINT');
    const base = commonVariable && parseUrl(commonVariable.text);
    if (commonVariable !== undefined && base === undefined)
      this.#report(commonVariable, 'an http or https URL');
    const url = base ?? new URL('http://localhost:4318');
    url.pathname += `${url.pathname.endsWith('/') ? '' : '/'}v1/${this.#signal}`;
    return url;
  }

  grpcEndpoint(): GrpcEndpoint {
    const isInsecure = this.#first(
      'INSECURE',
      'true or false',
      (text) => ({ true: true, false: false } as Record<string, boolean>)[text.toLowerCase()],
    );
    const expected = 'a URL such as http://collector:4317, or a target of gRPC such as dns:///collector:4317';
    return (
      this.#first('ENDPOINT', expected, (text) => parseGrpcEndpoint(text, isInsecure)) ?? defaultGrpcEndpoint
    );
  }

  /** @param isValid whether the protocol accepts a header */
  headers(isValid: typeof isHeader = isHeader): Record<string, string> {
    const variables = [this.#variable('HEADERS'), this.#variable('HEADERS', this.#signal)];
    return Object.assign(
      {},
      ...variables.map((variable) => (variable ? this.#parseHeaders(variable, isValid) : {})),
    );
  }

  /** Parses the headers in a variable. Invalid members are reported together, without their values. */
  #parseHeaders({ name, text }: Variable, isValid: typeof isHeader): Record<string, string> {
    const headers: Record<string, string> = {};
    const invalid: string[] = [];
    for (const [index, member] of text.split(',').entries()) {
      if (member.trim() === '') continue;
      const header = parseHeader(member);
      if (header !== undefined && isValid(header.name, header.value)) headers[header.name] = header.value;
      else invalid.push(memberLabel(member, index + 1));
    }
    if (invalid.length > 0) {
      const members = `member${invalid.length === 1 ? '' : 's'} ${invalid.join(', ')}`;
      this.#notices.reportOnce(name, {
        code: 'SONDE_ENVIRONMENT_INVALID',
        message: `ignoring invalid ${members} of ${name}: expected key=value with a percent-encoded value`,
      });
    }
    return headers;
  }

  timeoutMs(): number | undefined {
    return this.#first('TIMEOUT', 'a number of milliseconds, or 0 for no limit', (text) => {
      const timeoutMs = Number(text);
      return timeoutMs >= 0 && timeoutMs <= maxTimerMs ? toTimeLimit(timeoutMs) : undefined;
    });
  }

  compression(): OtlpCompression | undefined {
    return this.#first('COMPRESSION', "'gzip' or 'none'", (text) =>
      compressions.find((each) => each === text.toLowerCase()),
    );
  }

  tls(): OtlpTls {
    const [ca, cert, key] = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map((name) =>
      this.#first(name, 'the path of a readable file', readTextFile),
    );
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  }

  /** Returns the value of the signal variable or, if that is absent or invalid, of the variable of all signals. */
  #first<T>(name: string, allowed: string, read: (text: string) => T | undefined): T | undefined {
    for (const variable of [this.#variable(name, this.#signal), this.#variable(name)]) {
      if (variable === undefined) continue;
      const value = read(variable.text);
      if (value !== undefined) return value;
      this.#report(variable, allowed);
    }
    return undefined;
  }

  #variable(suffix: string, signal?: OtlpSignal): Variable | undefined {
    const name = `OTEL_EXPORTER_OTLP_${signal === undefined ? '' : `${signal.toUpperCase()}_`}${suffix}`;
    const text = environmentText(name);
    return text === undefined ? undefined : { name, text };
  }

  #report({ name, text }: Variable, allowed: string): void {
    // A URL may contain credentials.
    const shown = text.includes('@') ? '' : `='${text.slice(0, 60)}'`;
    this.#notices.reportOnce(name, {
      code: 'SONDE_ENVIRONMENT_INVALID',
      message: `ignoring invalid ${name}${shown}: expected ${allowed}`,
    });
  }
}

/** Converts a timeout of 0 to `Infinity`, as in the specification of environment variables. */
function toTimeLimit(timeoutMs: number | undefined): number | undefined {
  return timeoutMs === 0 ? Infinity : timeoutMs;
}

/** Parses a percent-encoded `key=value`; undefined if it is malformed. */
function parseHeader(member: string): { readonly name: string; readonly value: string } | undefined {
  const separator = member.indexOf('=');
  if (separator === -1) return undefined;
  try {
    const name = decodeURIComponent(member.slice(0, separator).trim()).toLowerCase();
    const value = decodeURIComponent(member.slice(separator + 1).trim());
    return { name, value };
  } catch {
    return undefined;
  }
}

/** Returns the key of a member for a message. A member without a key may be a secret, so its position is returned. */
function memberLabel(member: string, position: number): string {
  const separator = member.indexOf('=');
  const key = shortText(member.slice(0, Math.max(0, separator)));
  return key === '' ? String(position) : `'${key}'`;
}

/** Whether Node.js accepts the header. */
function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Whether gRPC accepts the metadata. */
function isGrpcMetadata(name: string, value: string): boolean {
  return /^[\d_a-z.-]+$/.test(name) && /^[ -~]*$/.test(value);
}

function lowerCaseKeys(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Returns the endpoint of a signal from the environment. Invalid variables are ignored.
 *
 * @example
 * ```ts
 * console.log(`traces go to ${otlpUrl('traces').origin}`);
 * ```
 */
export function otlpUrl(signal: OtlpSignal): URL {
  return new OtlpEnvironment(signal, new NoticeBoard(() => {})).url();
}

/**
 * Returns the gRPC endpoint of a signal from the environment. Invalid variables are ignored.
 *
 * @example
 * ```ts
 * console.log(`traces go to ${otlpGrpcEndpoint('traces').origin}`);
 * ```
 */
export function otlpGrpcEndpoint(signal: OtlpSignal): GrpcEndpoint {
  return new OtlpEnvironment(signal, new NoticeBoard(() => {})).grpcEndpoint();
}
