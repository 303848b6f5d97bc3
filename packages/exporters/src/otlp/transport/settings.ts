import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import packageJson from '../../../package.json' with { type: 'json' };

import { type OtlpCompression, type OtlpOptions, parseUrl } from '../options.ts';
import type { OtlpTls } from './http-transport.ts';
import { NoticeBoard, type NoticeListener } from '@sonde/sdk';

/** A signal, named as in OTLP paths and environment variables. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';

/** The options with environment variables and defaults applied. */
export interface OtlpSettings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: OtlpCompression;
  readonly tls: OtlpTls;
}

const defaultTimeoutMs = 10_000;
const compressions: readonly OtlpCompression[] = ['gzip', 'none'];
const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const userAgent = `Sonde-OTLP-Exporter-JavaScript/${packageJson.version}`;

/**
 * Applies environment variables, those of the signal before those of all signals, and defaults. Invalid variables are reported
 * and ignored.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 */
export function resolveOtlpSettings(
  signal: OtlpSignal,
  options: OtlpOptions,
  notices: NoticeBoard,
): OtlpSettings {
  const environment = new OtlpEnvironment(signal, notices);
  return {
    url: parseUrl(options.url) ?? environment.url(),
    headers: {
      'user-agent': userAgent,
      ...environment.headers(),
      ...lowerCaseKeys(options.headers ?? {}),
      'content-type': contentTypes[options.encoding ?? 'protobuf'],
    },
    timeoutMs: options.timeoutMs ?? environment.timeoutMs() ?? defaultTimeoutMs,
    compression: options.compression ?? environment.compression() ?? 'none',
    tls: options.tls ?? environment.tls(),
  };
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

  headers(): Record<string, string> {
    const variables = [this.#variable('HEADERS'), this.#variable('HEADERS', this.#signal)];
    return Object.assign({}, ...variables.map((variable) => (variable ? this.#parseHeaders(variable) : {})));
  }

  /** Parses the headers in a variable. A malformed entry is reported by its position, since it may be a secret. */
  #parseHeaders({ name, text }: Variable): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [index, entry] of text.split(',').entries()) {
      if (entry.trim() === '') continue;
      const [field] = Object.entries(lowerCaseKeys(parseKeyPairsIntoRecord(entry)));
      if (field !== undefined && isHeader(...field)) headers[field[0]] = field[1];
      else {
        this.#notices.reportOnce(name, {
          code: 'SONDE_ENVIRONMENT_INVALID',
          message: `ignoring invalid entry ${index + 1} of ${name}: expected key=value with a percent-encoded value`,
        });
      }
    }
    return headers;
  }

  timeoutMs(): number | undefined {
    return this.#first('TIMEOUT', 'a number of milliseconds above 0', (text) => {
      const timeoutMs = Number(text);
      return timeoutMs > 0 && timeoutMs < 2 ** 31 ? timeoutMs : undefined;
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

  /** The first valid value of the variable of the signal and that of all signals. */
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
    const text = process.env[name]?.trim();
    return text === undefined || text === '' ? undefined : { name, text };
  }

  #report({ name, text }: Variable, allowed: string): void {
    // A URL may hold credentials.
    const shown = text.includes('@') ? '' : `='${text.slice(0, 60)}'`;
    this.#notices.reportOnce(name, {
      code: 'SONDE_ENVIRONMENT_INVALID',
      message: `ignoring invalid ${name}${shown}: expected ${allowed}`,
    });
  }
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
 * Reports invalid `OTEL_EXPORTER_OTLP_*` variables of a signal, except endpoints, for exporters that ignore them silently.
 *
 * @example
 * ```ts
 * reportInvalidOtlpVariables('traces', ({ code, message }) => console.warn(code, message));
 * ```
 */
export function reportInvalidOtlpVariables(signal: OtlpSignal, onNotice: NoticeListener): void {
  resolveOtlpSettings(signal, { url: 'http://localhost' }, new NoticeBoard(onNotice));
}

/**
 * The endpoint of a signal according to the environment. Invalid variables are ignored.
 *
 * @example
 * ```ts
 * console.log(`traces go to ${otlpUrl('traces').origin}`);
 * ```
 */
export function otlpUrl(signal: OtlpSignal): URL {
  return new OtlpEnvironment(signal, new NoticeBoard(() => {})).url();
}
