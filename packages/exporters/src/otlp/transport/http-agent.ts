import http, { Agent as HttpAgent, type AgentOptions } from 'node:http';
import https, { Agent as HttpsAgent } from 'node:https';
import type { OtlpTls } from './otlp-request.ts';

const maxSockets = 16;

/** The variables that Node.js evaluates for proxies. */
const proxyVariableNames = [
  'http_proxy',
  'HTTP_PROXY',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
] as const;

/** The proxy settings of Node.js, by variable name. */
type ProxyEnvironment = Readonly<Partial<Record<(typeof proxyVariableNames)[number], string>>>;

/** An agent with the options that it was created with, which the types of Node.js omit. */
type ConfiguredAgent = HttpAgent & {
  readonly options: Readonly<Record<string, unknown>> & { readonly proxyEnv?: NodeJS.ProcessEnv | null };
};

/**
 * Returns the proxy settings of the application for a protocol, from `NODE_USE_ENV_PROXY=1`, `--use-env-proxy` or
 * `http.setGlobalProxyFromEnv()`. Undefined if there are none, as before Node.js 22.21 and 24.5.
 *
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function nodeProxyEnvironment(protocol: string): ProxyEnvironment | undefined {
  // The application may replace the global agent at any time, so it is read from the module on each call.
  const { globalAgent } = protocol === 'https:' ? https : http;
  const { proxyEnv } = (globalAgent as ConfiguredAgent).options;
  if (typeof proxyEnv !== 'object' || proxyEnv === null) return undefined;
  const settings = selectProxyVariables(proxyEnv);
  const prefix = protocol === 'https:' ? 'https' : 'http';
  const hasProxy = [`${prefix}_proxy`, `${prefix.toUpperCase()}_PROXY`].some((name) => name in settings);
  return hasProxy ? settings : undefined;
}

function selectProxyVariables(environment: NodeJS.ProcessEnv): ProxyEnvironment {
  const settings: Partial<Record<string, string>> = {};
  for (const name of proxyVariableNames) {
    const value = environment[name];
    if (value !== undefined && value !== '') settings[name] = value;
  }
  return settings;
}

/** Creates the agent of an endpoint, with the proxy settings of the application. */
export function createOtlpAgent(protocol: string, tls: OtlpTls, unref: boolean): HttpAgent {
  const proxyEnv = nodeProxyEnvironment(protocol);
  const options: AgentOptions & { readonly proxyEnv?: ProxyEnvironment } = {
    keepAlive: true,
    maxSockets,
    ...(proxyEnv && { proxyEnv }),
  };
  if (protocol !== 'https:') return new HttpAgent(options);
  return unref ? new UnrefAgent({ ...options, ...tls }) : new HttpsAgent({ ...options, ...tls });
}

/** An agent whose proxy tunnels do not keep the process alive while they are established. */
class UnrefAgent extends HttpsAgent {
  override createConnection(
    ...parameters: Parameters<HttpsAgent['createConnection']>
  ): ReturnType<HttpsAgent['createConnection']> {
    const socket = super.createConnection(...parameters);
    // The request receives the socket, and calls `unref`, only after the tunnel is established.
    (socket as Partial<NodeJS.RefCounted> | null | undefined)?.unref?.();
    return socket;
  }
}

/**
 * Returns the options with which another thread creates the same agent. Undefined if the agent has a custom class, or if
 * an option cannot be cloned.
 */
export function transferableOptions(agent: HttpAgent): Readonly<Record<string, unknown>> | undefined {
  if (![HttpAgent, HttpsAgent, UnrefAgent].some((type) => type === agent.constructor)) return undefined;
  const { path: _path, proxyEnv, ...options } = (agent as ConfiguredAgent).options;
  try {
    return structuredClone({ ...options, ...(proxyEnv && { proxyEnv: selectProxyVariables(proxyEnv) }) });
  } catch {
    return undefined;
  }
}
