import type { Evidence, Rule } from '../finding.ts';
import { formatUrl } from '../otlp-target.ts';
import type { RunReport } from '../run-report.ts';

const madeBy = ({ threads }: RunReport, item: 'spans' | 'logs' | 'points'): number =>
  threads.reduce((sum, { made }) => sum + made[item], 0);
const failedExports = ({ threads }: RunReport) =>
  threads.flatMap(({ exports }) => exports).filter(({ status }) => status < 200 || status > 299);

function checkLosses(run: RunReport): Evidence[] {
  if (failedExports(run).length > 0) return [];
  const made = madeBy(run, 'spans');
  const sent = run.received.spans + run.elsewhere;
  if (made === 0 || sent >= made || run.threads.some(({ unsampledParents }) => unsampledParents > 0))
    return [];
  const isKilled = run.ending.signal !== null;
  return [
    {
      cause: `${made} spans were recorded and ${sent} received: the process ended before the others were exported`,
      proof: [
        `made ${made}, received ${sent}`,
        isKilled ? `ended by ${run.ending.signal}` : `exit code ${run.ending.code}`,
      ],
      fix: 'node --require @sonde/otel/register: it exports what is left at exit; with another SDK, await sdk.shutdown() before process.exit()',
    },
  ];
}

function checkUnsampled({ threads, received }: RunReport): Evidence[] {
  const parents = threads.reduce((sum, { unsampledParents }) => sum + unsampledParents, 0);
  return parents > 0 && received.spans < parents
    ? [
        {
          cause: `${parents} requests came with a traceparent that is not sampled, and the sampler follows it`,
          proof: [`traceparent: ...-00, ${parents} times`],
          fix: 'OTEL_TRACES_SAMPLER=always_on, or sample in the gateway',
        },
      ]
    : [];
}

/** The rules that compare recorded with received telemetry. */
export const comparisonRules: readonly Rule<RunReport>[] = [
  {
    code: 'SONDE_NOT_STARTED',
    title: 'no SDK was registered',
    weight: 'broken',
    explanation:
      'The program ran, and nothing registered a provider with the API. Calls of the API record nothing.',
    check: (run) =>
      run.threads.length > 0 &&
      run.threads.every(({ providers }) => providers.length === 0) &&
      run.received.requests === 0
        ? [
            {
              cause: 'No SDK was registered while the program ran',
              proof: [run.command],
              fix: 'node --require @sonde/otel/register',
            },
          ]
        : [],
  },
  {
    code: 'SONDE_EXPORT_FAILED',
    title: 'exports failed',
    weight: 'broken',
    explanation:
      'The program sends to an address that rejects its exports or does not answer. The OpenTelemetry `NodeSDK` reports failed exports only if `OTEL_LOG_LEVEL` is set, for example to `error`.',
    check: (run) => {
      const [first] = failedExports(run);
      if (first === undefined) return [];
      const url = URL.canParse(first.url) ? formatUrl(new URL(first.url)) : first.url;
      const status = first.status === 0 ? first.error : String(first.status);
      return [
        {
          cause: `Exports to ${url} fail: ${status}`,
          proof: [`POST ${url} → ${status}`],
          fix: 'remove the address from the code, and set OTEL_EXPORTER_OTLP_ENDPOINT',
        },
      ];
    },
  },
  {
    code: 'SONDE_ENDED_EARLY',
    title: 'the process ended before its last export',
    weight: 'broken',
    explanation:
      'Spans wait in a batch for up to some seconds. `process.exit()`, or a signal that the program does not handle, can end the process before the batch is exported. `@sonde/otel` exports at exit; other SDKs need `await sdk.shutdown()`.',
    check: checkLosses,
  },
  {
    code: 'SONDE_PARENT_UNSAMPLED',
    title: 'the caller decided not to sample',
    weight: 'broken',
    explanation:
      'The default sampler follows the flag of the incoming `traceparent`. A gateway, a mesh or a load balancer that samples nothing silences the services behind it.',
    check: checkUnsampled,
  },
  {
    code: 'SONDE_CONTEXT_LOST',
    title: 'spans lost their request',
    weight: 'warning',
    explanation:
      'A span that started during a request has no parent. Often a pool, a queue or an event emitter ran the callback in another context: wrap the callback with `AsyncResource.bind()`. Background work without a request may also appear here, and needs no change.',
    check: ({ received }) =>
      received.orphans.length === 0
        ? []
        : [
            {
              cause: `Spans without a parent were made while a request was active: ${[...new Set(received.orphans)].slice(0, 5).join(', ')}`,
              proof: [`${received.orphans.length} root spans of other kinds than server`],
              fix: 'wrap the callback: AsyncResource.bind(callback)',
            },
          ],
  },
  {
    code: 'SONDE_ROUTE_UNSEEN',
    title: 'a request has no span',
    weight: 'broken',
    explanation: 'The request was answered, and no server span for its path arrived.',
    check: (run) =>
      run.requests
        .filter(
          ({ path, status }) =>
            status > 0 && run.received.spans > 0 && !run.received.paths.has(path.split('?', 1)[0] ?? path),
        )
        .map(({ path, status }) => ({
          cause: `GET ${path} was answered and has no server span`,
          proof: [`GET ${path} → ${status}`],
          fix: 'load telemetry first: node --require @sonde/otel/register',
        })),
  },
  {
    code: 'SONDE_THREAD_UNSEEN',
    title: 'a thread or child process has no telemetry',
    weight: 'warning',
    explanation:
      "A worker thread or a child process has its own globals and needs its own SDK. Pass `execArgv: ['--require', '@sonde/otel/register']`, or set `NODE_OPTIONS`.",
    check: ({ threads }) => {
      if (!threads.some(({ providers }) => providers.length > 0)) return [];
      return threads
        .filter(({ providers }) => providers.length === 0)
        .map(({ name }) => ({
          cause: `${name} runs without an SDK`,
          proof: [name],
          fix: 'NODE_OPTIONS="--require @sonde/otel/register"',
        }));
    },
  },
];
