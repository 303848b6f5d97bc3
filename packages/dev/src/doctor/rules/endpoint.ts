import type { EndpointReport, FailureReason } from '../endpoint-probe.ts';
import type { Rule } from '../finding.ts';
import { formatUrl } from '../otlp-target.ts';

const endpointVariable = ({ target: { variable } }: EndpointReport): string =>
  variable ?? 'OTEL_EXPORTER_OTLP_ENDPOINT';

/** The value of the variable, to which SDKs append the path of a signal unless it is that of one signal. */
function formatValue({ target: { url, signal, variable } }: EndpointReport): string {
  const isBase = variable?.includes(signal.toUpperCase()) !== true;
  const text = formatUrl(url);
  return isBase ? text.replace(new RegExp(`/(?:v1/${signal})?$`), '') : text;
}

interface EndpointRule extends Pick<Rule<never>, 'code' | 'title' | 'explanation'> {
  readonly reason: FailureReason;
  readonly fix: (report: EndpointReport) => string;
}

const table: readonly EndpointRule[] = [
  {
    reason: 'name',
    code: 'SONDE_ENDPOINT_NAME',
    title: 'the name of the endpoint does not resolve',
    explanation:
      'The host of the endpoint does not resolve. In Kubernetes, a service of another namespace is `name.namespace.svc`; under Docker, both containers must share a network.',
    fix: (report) => `correct the host in ${endpointVariable(report)}`,
  },
  {
    reason: 'refused',
    code: 'SONDE_ENDPOINT_REFUSED',
    title: 'nothing listens at the endpoint',
    explanation:
      'The connection is refused or times out. Start the receiver (`sonde dev` is one). A Collector since 0.104 listens on its own loopback interface unless `endpoint: 0.0.0.0:4318` is set; in a container, its port must be published.',
    fix: () => 'sonde dev',
  },
  {
    reason: 'loopback',
    code: 'SONDE_LOOPBACK_IN_CONTAINER',
    title: 'a container exports to itself',
    explanation:
      'In a container, `localhost` is the container. For a Collector in another container, use its service name, such as `http://collector:4318`. For a receiver on the host, use `http://host.docker.internal:4318` (Docker Desktop).',
    fix: (report) =>
      `${endpointVariable(report)}=${report.target.url.protocol}//collector:${report.target.url.port || '4318'}`,
  },
  {
    reason: 'family',
    code: 'SONDE_ENDPOINT_FAMILY',
    title: 'the receiver listens on the other address family',
    explanation:
      '`localhost` is 127.0.0.1 and ::1. A receiver that listens on one of them refuses connections to the other.',
    fix: (report) => `${endpointVariable(report)}=${report.failure?.instead?.replace(/\/v1\/\w+$/, '')}`,
  },
  {
    reason: 'tls',
    code: 'SONDE_ENDPOINT_TLS',
    title: 'the TLS connection fails',
    explanation:
      'The certificate is not trusted, has expired or has another host name, or the port does not use TLS. For a private certificate authority, set `OTEL_EXPORTER_OTLP_CERTIFICATE` or `NODE_EXTRA_CA_CERTS` to its certificate file.',
    fix: () => 'NODE_EXTRA_CA_CERTS=ca.pem',
  },
  {
    reason: 'protocol',
    code: 'SONDE_ENDPOINT_PROTOCOL',
    title: 'the port and the protocol do not match',
    explanation:
      'The default port of OTLP over gRPC is 4317, and that of OTLP over HTTP is 4318. The port and `OTEL_EXPORTER_OTLP_PROTOCOL` must match.',
    fix: ({ target, failure }) => `${target.protocolVariable}=${failure?.instead}`,
  },
  {
    reason: 'path',
    code: 'SONDE_ENDPOINT_PATH',
    title: 'the path of the endpoint is wrong',
    explanation:
      '`OTEL_EXPORTER_OTLP_ENDPOINT` is a base: SDKs append `/v1/traces`. `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used as it is.',
    fix: ({ target, failure }) => {
      const name = target.variable ?? 'OTEL_EXPORTER_OTLP_ENDPOINT';
      const isBase = !/TRACES|METRICS|LOGS/.test(name);
      const instead = failure?.instead ?? formatUrl(new URL('/v1/traces', target.url));
      return `${name}=${isBase ? new URL(instead).origin : instead}`;
    },
  },
  {
    reason: 'authorization',
    code: 'SONDE_ENDPOINT_AUTHORIZATION',
    title: 'the receiver rejects the credentials',
    explanation:
      'The receiver answers 401 or 403. Credentials are headers: `OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20...`.',
    fix: () => "OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer%20...'",
  },
  {
    reason: 'not OTLP',
    code: 'SONDE_ENDPOINT_NOT_OTLP',
    title: 'the endpoint does not speak OTLP',
    explanation: 'Something else listens at the port: a page, a proxy, or another protocol.',
    fix: (report) => `correct ${endpointVariable(report)}`,
  },
  {
    reason: 'unavailable',
    code: 'SONDE_ENDPOINT_UNAVAILABLE',
    title: 'the receiver cannot take telemetry now',
    explanation: 'The receiver, or a proxy in front of it, answers with a status from 500 on.',
    fix: () => 'read the log of the receiver',
  },
];

/** The rules that judge the steps of a probe. */
export const endpointRules: readonly Rule<readonly EndpointReport[]>[] = table.map(
  ({ reason, code, title, explanation, fix }) => ({
    code,
    title,
    weight: 'broken',
    explanation,
    check: (reports) =>
      reports
        .filter(({ failure }) => failure?.reason === reason)
        .map((report) => {
          const { target, failure, steps } = report;
          const origin =
            target.variable === undefined
              ? `${target.url.origin} is the default`
              : `${target.variable}=${formatValue(report)}`;
          return {
            cause: `${target.signal} do not reach ${target.url.origin}: ${failure?.detail ?? ''}`,
            proof: [origin, ...steps.map((step) => `${step.name}: ${step.result}`)],
            fix: fix(report),
          };
        }),
  }),
);
