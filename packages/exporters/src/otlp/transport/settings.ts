import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import packageJson from '../../../package.json' with { type: 'json' };

import { type OtlpCompression, type OtlpOptions, parseUrl } from '../options.ts';
import type { OtlpTls } from './http-transport.ts';
import { NoticeBoard, type NoticeListener } from '@sonde/sdk';

/** A signal as it is named in OTLP's paths and, in capitals, in variables. */
export type OtlpSignal = 'traces' | 'metrics' | 'logs';

/** The options with environment and defaults filled in. */
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
 * Fills in the environment, the variables of the signal before those of all signals, and defaults. A wrong variable is
 * told and passed over.
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

/** A variable that is set, and what it is set to. */
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
    const own = this.#variable('ENDPOINT', this.#signal);
    const ofSignal = own && parseUrl(own.text);
    if (ofSignal !== undefined) return ofSignal;
    if (own !== undefined) this.#report(own, 'a URL of http or https');
    const common = this.#variable('ENDPOINT');
    const base = common && parseUrl(common.text);
    if (common !== undefined && base === undefined) this.#report(common, 'a URL of http or https');
    const url = base ?? new URL('http://localhost:4318');
    url.pathname += `${url.pathname.endsWith('/') ? '' : '/'}v1/${this.#signal}`;
    return url;
  }

  headers(): Record<string, string> {
    const variables = [this.#variable('HEADERS'), this.#variable('HEADERS', this.#signal)];
    return Object.assign({}, ...variables.map((variable) => (variable ? this.#headersIn(variable) : {})));
  }

  /** The header fields that a variable holds. An entry that is malformed is reported by its place: it may be a secret. */
  #headersIn({ name, text }: Variable): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [index, entry] of text.split(',').entries()) {
      if (entry.trim() === '') continue;
      const [field] = Object.entries(lowerCaseKeys(parseKeyPairsIntoRecord(entry)));
      if (field !== undefined && isHeader(...field)) headers[field[0]] = field[1];
      else {
        this.#notices.reportOnce(name, {
          code: 'SONDE_ENVIRONMENT_INVALID',
          message: `entry ${index + 1} of ${name} is no header field, key=value with a percent-encoded value is needed: it is passed over`,
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
      this.#first(name, 'the path of a file that can be read', readTextFile),
    );
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  }

  /** The variable of the signal, else that of all, as the first that can be read. */
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
    const shown = text.includes('@') ? 'invalid' : `'${text.slice(0, 60)}'`;
    this.#notices.reportOnce(name, {
      code: 'SONDE_ENVIRONMENT_INVALID',
      message: `${name} is ${shown}, ${allowed} is needed: it is passed over`,
    });
  }
}

/** Whether Node.js sends the field. */
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

/** Reports the variables of a signal that are invalid, for an exporter that reads them itself. Endpoints are left out. */
export function reportInvalidOtlpVariables(signal: OtlpSignal, onNotice: NoticeListener): void {
  resolveOtlpSettings(signal, { url: 'http://localhost' }, new NoticeBoard(onNotice));
}

/**
 * Where the exporter of a signal sends to by the environment. What is wrong there is not told.
 *
 * @example
 * ```ts
 * console.log(`traces go to ${otlpUrl('traces').origin}`);
 * ```
 */
export function otlpUrl(signal: OtlpSignal): URL {
  return new OtlpEnvironment(signal, new NoticeBoard(() => {})).url();
}
