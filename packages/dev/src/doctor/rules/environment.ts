import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearest } from '../../cli/nearest.ts';
import type { Evidence, Rule } from '../finding.ts';
import type { Project } from '../project.ts';
import { deadVariables, getText, knownVariables } from '../variables.ts';

const assignment = ({ environment }: Project, name: string): string => `${name}=${environment[name]}`;
const word = ({ environment }: Project, name: string): string | undefined =>
  getText(environment, name)?.toLowerCase();

/** The signals as variables write them. */
const signals = ['TRACES', 'METRICS', 'LOGS'] as const;

/** The values that each variable allows. */
const allowedValues: Readonly<Record<string, readonly string[]>> = {
  OTEL_EXPORTER_OTLP_PROTOCOL: ['http/protobuf', 'http/json', 'grpc'],
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ['http/protobuf', 'http/json', 'grpc'],
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: ['http/protobuf', 'http/json', 'grpc'],
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: ['http/protobuf', 'http/json', 'grpc'],
  OTEL_TRACES_EXPORTER: ['otlp', 'console', 'zipkin', 'none'],
  OTEL_METRICS_EXPORTER: ['otlp', 'prometheus', 'console', 'none'],
  OTEL_LOGS_EXPORTER: ['otlp', 'console', 'none'],
  OTEL_PROPAGATORS: ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none'],
};

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'jaeger_remote',
  'parentbased_jaeger_remote',
  'xray',
];

function checkHeaders(project: Project): Evidence[] {
  const names = ['', ...signals.map((signal) => `${signal}_`)].map(
    (signal) => `OTEL_EXPORTER_OTLP_${signal}HEADERS`,
  );
  return names.flatMap((name) => {
    const text = getText(project.environment, name);
    const wrong = text
      ?.split(',')
      .find((entry) => entry.trim() !== '' && !/^\s*[!#$%&'*+.^_`|~\w-]+\s*=\s*\S[^"]*$/.test(entry));
    if (wrong === undefined) return [];
    // Without a separator, the entry may be the secret itself.
    const [, key = ''] = /^\s*([\w-]+)\s*[=:]/.exec(wrong) ?? [];
    return [
      {
        cause: `${name} is no list of key=value`,
        proof: [
          `${name}: ${key === '' ? 'an entry' : `the entry ${JSON.stringify(key)}`} (its value is hidden)`,
        ],
        fix: `${name}='${key || 'authorization'}=Bearer%20...'`,
      },
    ];
  });
}

function checkValues(project: Project): Evidence[] {
  return Object.entries(allowedValues).flatMap(([name, allowed]) => {
    const wrong = word(project, name)
      ?.split(',')
      .map((each) => each.trim())
      .find((each) => !allowed.includes(each));
    if (wrong === undefined) return [];
    const near = nearest(wrong, allowed) ?? allowed[0];
    return [
      {
        cause: `${name} has the value ${JSON.stringify(wrong)}, which no SDK knows`,
        proof: [assignment(project, name)],
        fix: `${name}=${near}`,
      },
    ];
  });
}

function checkUnsampled(project: Project): Evidence[] {
  const name = 'OTEL_TRACES_SAMPLER';
  const sampler = word(project, name)?.replace(/^parentbased_/, '');
  const isZero = sampler === 'traceidratio' && Number(getText(project.environment, `${name}_ARG`) ?? 1) === 0;
  if (sampler !== 'always_off' && !isZero) return [];
  return [
    {
      cause: 'The sampler drops every trace',
      proof: [assignment(project, name), ...(isZero ? [assignment(project, `${name}_ARG`)] : [])],
      fix: `unset ${name}`,
    },
  ];
}

/** The rules that read environment variables. */
export const environmentRules: readonly Rule<Project>[] = [
  {
    code: 'SONDE_DISABLED',
    title: 'the SDK is disabled',
    weight: 'broken',
    explanation:
      '`OTEL_SDK_DISABLED=true` makes every SDK record nothing. Remove the variable where telemetry is wanted.',
    check: (project) =>
      word(project, 'OTEL_SDK_DISABLED') === 'true'
        ? [
            {
              cause: 'OTEL_SDK_DISABLED disables all telemetry',
              proof: [assignment(project, 'OTEL_SDK_DISABLED')],
              fix: 'unset OTEL_SDK_DISABLED',
            },
          ]
        : [],
  },
  {
    code: 'SONDE_EXPORTER_NONE',
    title: 'a signal has no exporter',
    weight: 'warning',
    explanation: 'The exporter `none` drops a signal. Remove the variable, or set it to `otlp` or `console`.',
    check: (project) =>
      signals
        .map((signal) => `OTEL_${signal}_EXPORTER`)
        .filter((name) => word(project, name) === 'none')
        .map((name) => ({
          cause: `${name} drops the signal`,
          proof: [assignment(project, name)],
          fix: `unset ${name}`,
        })),
  },
  {
    code: 'SONDE_SAMPLER_OFF',
    title: 'the sampler drops every trace',
    weight: 'broken',
    explanation:
      '`always_off`, and `traceidratio` with the argument 0, drop every span. Their `parentbased_` variants drop every trace that starts in this service.',
    check: checkUnsampled,
  },
  {
    code: 'SONDE_SAMPLER_UNKNOWN',
    title: 'the sampler is unknown',
    weight: 'warning',
    explanation: 'SDKs ignore a sampler or an argument that they do not know, and sample with their default.',
    check: (project) => {
      const name = word(project, 'OTEL_TRACES_SAMPLER');
      const argument = getText(project.environment, 'OTEL_TRACES_SAMPLER_ARG');
      const ratio = Number(argument);
      if (name !== undefined && !samplers.includes(name)) {
        return [
          {
            cause: `No SDK knows the sampler ${JSON.stringify(name)}`,
            proof: [assignment(project, 'OTEL_TRACES_SAMPLER')],
            fix: `OTEL_TRACES_SAMPLER=${nearest(name, samplers) ?? 'parentbased_traceidratio'}`,
          },
        ];
      }
      if (name?.endsWith('traceidratio') && argument !== undefined && !(ratio >= 0 && ratio <= 1)) {
        return [
          {
            cause: 'The argument of the sampler is no ratio from 0 to 1',
            proof: [assignment(project, 'OTEL_TRACES_SAMPLER_ARG')],
            fix: 'OTEL_TRACES_SAMPLER_ARG=0.1',
          },
        ];
      }
      return [];
    },
  },
  {
    code: 'SONDE_ENVIRONMENT_INVALID',
    title: 'a variable has a value that is ignored',
    weight: 'warning',
    explanation:
      'SDKs ignore unknown values. Depending on the SDK and the variable, the default applies, or the exporter or propagator is missing.',
    check: checkValues,
  },
  {
    code: 'SONDE_VARIABLE_MISSPELLED',
    title: 'a variable is misspelled',
    weight: 'warning',
    explanation: 'A variable whose name differs from a known one by a few letters has no effect.',
    check: (project) =>
      Object.keys(project.environment).flatMap((name) => {
        if (!name.startsWith('OTEL_') || knownVariables.has(name) || deadVariables.has(name)) return [];
        if (/^OTEL_(?:INSTRUMENTATION|GO|JAVA|PYTHON|DOTNET|DENO|INJECTOR|OPERATOR|COLLECTOR)_/.test(name))
          return [];
        const near = nearest(name, [...knownVariables]);
        const edits = near === undefined ? Infinity : Math.abs(near.length - name.length);
        return near === undefined || edits > 2
          ? []
          : [{ cause: `No SDK reads ${name}`, proof: [name], fix: `rename ${name} to ${near}` }];
      }),
  },
  {
    code: 'SONDE_VARIABLE_DEAD',
    title: 'a variable has no effect',
    weight: 'warning',
    explanation: 'SDKs do not read the old names of variables or the variables of other products.',
    check: (project) =>
      [...deadVariables].flatMap(([name, successor]) =>
        getText(project.environment, name) === undefined ||
        getText(project.environment, successor) !== undefined
          ? []
          : [{ cause: `${name} has no effect`, proof: [name], fix: `rename ${name} to ${successor}` }],
      ),
  },
  {
    code: 'SONDE_HEADERS_INVALID',
    title: 'the headers of exports are malformed',
    weight: 'broken',
    explanation:
      'Headers are `key=value,key=value`, percent-encoded: a space is `%20`. SDKs ignore entries without `=`, such as `key: value` or JSON, and send quotes as part of the value. A receiver that requires the header then rejects the export.',
    check: checkHeaders,
  },
  {
    code: 'SONDE_CONFIG_FILE_MISSING',
    title: 'the configuration file does not exist',
    weight: 'broken',
    explanation:
      '`OTEL_CONFIG_FILE` must name a file that the process can read; a relative path starts at its working directory.',
    check: (project) => {
      const file = getText(project.environment, 'OTEL_CONFIG_FILE');
      if (file === undefined || existsSync(resolve(project.directory, file))) return [];
      return [
        {
          cause: 'OTEL_CONFIG_FILE names a file that does not exist',
          proof: [assignment(project, 'OTEL_CONFIG_FILE')],
          fix: 'unset OTEL_CONFIG_FILE',
        },
      ];
    },
  },
  {
    code: 'SONDE_CONFIG_FILE_WINS',
    title: 'variables beside a configuration file are ignored',
    weight: 'warning',
    explanation:
      'With `OTEL_CONFIG_FILE`, SDKs ignore the `OTEL_*` variables of exporters, samplers, propagators and the resource, unless the file refers to them as `${NAME}`.',
    check: (project) => {
      const file = getText(project.environment, 'OTEL_CONFIG_FILE');
      if (file === undefined || !existsSync(resolve(project.directory, file))) return [];
      const others = Object.keys(project.environment).filter((name) =>
        /^OTEL_(?:EXPORTER_|TRACES_|METRICS_|LOGS_|SERVICE_NAME|RESOURCE_|PROPAGATORS)/.test(name),
      );
      return others.length === 0
        ? []
        : [
            {
              cause: 'OTEL_CONFIG_FILE makes these variables ineffective',
              proof: others,
              fix: 'unset OTEL_CONFIG_FILE',
            },
          ];
    },
  },
  {
    code: 'SONDE_RESOURCE_INVALID',
    title: 'the resource attributes are malformed',
    weight: 'warning',
    explanation:
      '`OTEL_RESOURCE_ATTRIBUTES` is `key=value,key=value`, percent-encoded. SDKs ignore a malformed list as a whole.',
    check: (project) => {
      const entries = getText(project.environment, 'OTEL_RESOURCE_ATTRIBUTES')?.split(',') ?? [];
      const wrong = entries.find((entry) => entry.trim() !== '' && !/^[^=]+=[^=]*$/.test(entry));
      return wrong === undefined
        ? []
        : [
            {
              cause: `OTEL_RESOURCE_ATTRIBUTES has the malformed entry ${JSON.stringify(wrong)}`,
              proof: [assignment(project, 'OTEL_RESOURCE_ATTRIBUTES')],
              fix: 'OTEL_RESOURCE_ATTRIBUTES=key=value',
            },
          ];
    },
  },
  {
    code: 'SONDE_DELTA_PROMETHEUS',
    title: 'Prometheus does not accept delta temporality',
    weight: 'warning',
    explanation: 'Prometheus needs cumulative metrics; delta points are rejected or read as gauges.',
    check: (project) => {
      const name = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';
      const isPrometheus = /prometheus|:9090|\/api\/v1\/otlp/.test(
        word(project, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT') ??
          word(project, 'OTEL_EXPORTER_OTLP_ENDPOINT') ??
          '',
      );
      const isOtlp = (word(project, 'OTEL_METRICS_EXPORTER') ?? 'otlp').includes('otlp');
      return word(project, name) === 'delta' && isOtlp && isPrometheus
        ? [
            {
              cause: 'Metrics with delta temporality go to Prometheus',
              proof: [assignment(project, name)],
              fix: `unset ${name}`,
            },
          ]
        : [];
    },
  },
  {
    code: 'SONDE_PROMETHEUS_LOOPBACK',
    title: 'Prometheus cannot reach a loopback address in a container',
    weight: 'broken',
    explanation: 'The Prometheus endpoint of a container must listen on `0.0.0.0`.',
    check: (project) => {
      const name = 'OTEL_EXPORTER_PROMETHEUS_HOST';
      return project.isContainer && /^(?:localhost|127\.|::1)/.test(word(project, name) ?? '')
        ? [
            {
              cause: 'The Prometheus endpoint listens inside of the container alone',
              proof: [assignment(project, name)],
              fix: `${name}=0.0.0.0`,
            },
          ]
        : [];
    },
  },
];
