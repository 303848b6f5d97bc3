import { getDefaultResultOrder } from 'node:dns';
import type { Agent } from 'node:http';
import { getDefaultAutoSelectFamily, getDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import nodeTls from 'node:tls';
import { Worker } from 'node:worker_threads';
import type { OtlpRequest } from '@sonde/exporters';
import { environmentEntries } from '../config/environment.ts';

/** Variables that Node.js or OpenSSL reads in each thread when it connects. The thread receives no others. */
const connectionVariables = [
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** The connection settings of this thread, set by flags, by `NODE_OPTIONS` or by the application. */
interface ConnectionSettings {
  readonly resultOrder: ReturnType<typeof getDefaultResultOrder>;
  readonly autoSelectFamily: boolean;
  readonly autoSelectFamilyTimeoutMs: number;
  readonly tlsDefaults: Pick<
    typeof nodeTls,
    'DEFAULT_CIPHERS' | 'DEFAULT_ECDH_CURVE' | 'DEFAULT_MAX_VERSION' | 'DEFAULT_MIN_VERSION'
  >;
}

function connectionSettings(): ConnectionSettings {
  const { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION } = nodeTls;
  return {
    resultOrder: getDefaultResultOrder(),
    autoSelectFamily: getDefaultAutoSelectFamily(),
    autoSelectFamilyTimeoutMs: getDefaultAutoSelectFamilyAttemptTimeout(),
    tlsDefaults: { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION },
  };
}

/**
 * Sends all requests concurrently. In the shared memory the first number becomes 1 when all are done, and the number at
 * `index + 1` when that request was accepted. It runs in a thread of its own, from its source text alone: it uses nothing
 * of this module, and no named inner functions, for which bundlers may call a helper.
 */
function send(): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { requests, shared, settings } = workerData as {
    requests: OtlpRequest[];
    shared: Int32Array;
    settings: ConnectionSettings;
  };
  process.getBuiltinModule('node:dns').setDefaultResultOrder(settings.resultOrder);
  const net = process.getBuiltinModule('node:net');
  net.setDefaultAutoSelectFamily(settings.autoSelectFamily);
  net.setDefaultAutoSelectFamilyAttemptTimeout(settings.autoSelectFamilyTimeoutMs);
  if (requests.some(({ url }) => url.startsWith('https:'))) {
    Object.assign(process.getBuiltinModule('node:tls'), settings.tlsDefaults);
  }
  let underWay = requests.length;
  const agents = new Map<string, Agent>();
  for (const [index, { url, headers, body, tls, agentOptions }] of requests.entries()) {
    const { request, Agent: AgentClass } = process.getBuiltinModule(
      url.startsWith('https:') ? 'node:https' : 'node:http',
    );
    const options = { ...agentOptions, ...tls };
    const key = new URL(url).origin + JSON.stringify(options);
    const agent = agents.get(key) ?? new AgentClass(options);
    agents.set(key, agent);
    request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': body.byteLength } })
      .on('response', (response) => {
        if (response.statusCode !== undefined && response.statusCode < 300) {
          Atomics.store(shared, index + 1, 1);
        }
        response.resume();
      })
      .on('error', () => {})
      .on('close', () => {
        underWay -= 1;
        if (underWay > 0) return;
        Atomics.store(shared, 0, 1);
        Atomics.notify(shared, 0);
      })
      .end(body);
  }
}

/**
 * Sends requests while this thread waits, because the event loop will not turn again.
 *
 * @returns for each request, whether it was accepted within `timeoutMs`
 */
export function sendSync(requests: readonly OtlpRequest[], timeoutMs: number): boolean[] {
  const shared = new Int32Array(new SharedArrayBuffer(4 * (requests.length + 1)));
  const worker = new Worker(`(${send.toString()})()`, {
    eval: true,
    workerData: { requests, shared, settings: connectionSettings() },
    // The preload must not run again in the thread.
    execArgv: [],
    env: environmentEntries(connectionVariables),
    stdout: true,
    stderr: true,
  });
  worker.on('error', () => {});
  Atomics.wait(shared, 0, 0, timeoutMs);
  return requests.map((_request, index) => Atomics.load(shared, index + 1) === 1);
}
