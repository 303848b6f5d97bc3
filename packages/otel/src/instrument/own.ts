import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { PinoBridge } from '../bridges/pino.ts';
import { WinstonBridge } from '../bridges/winston.ts';
import type { Config } from '../config/settings.ts';
import type { Candidate } from './candidate.ts';

/** The path of a request target, without its query. */
const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';

/** The bridges from loggers of the application's own; they take the place of upstream's for the same loggers. */
function bridges(config: Config): Candidate[] {
  const capture = config['logs.captureLoggers'] && config['logs.exporter'] !== 'none';
  const options = { capture, traceIds: config['logs.traceIds'] };
  const isWanted = capture || options.traceIds;
  const bridge = (name: string, Bridge: typeof PinoBridge | typeof WinstonBridge): Candidate => ({
    name,
    packageName: '@sonde/otel',
    onRequest: false,
    create: () => (isWanted ? [new Bridge(options)] : []),
  });
  return [bridge('pino', PinoBridge), bridge('winston', WinstonBridge)];
}

/** The instrumentations that come with Sonde. */
export function ownInstrumentations(config: Config): Candidate[] {
  const ignored = new Set(config['instrument.ignorePaths']);
  const http: Candidate = {
    name: 'http',
    packageName: '@opentelemetry/instrumentation-http',
    onRequest: false,
    create: () => [
      new HttpInstrumentation({ ignoreIncomingRequestHook: ({ url }) => ignored.has(pathOf(url ?? '')) }),
    ],
  };
  const undici: Candidate = {
    name: 'undici',
    packageName: '@opentelemetry/instrumentation-undici',
    onRequest: false,
    create: () => [new UndiciInstrumentation()],
  };
  const runtime: Candidate = {
    name: 'runtime-node',
    packageName: '@opentelemetry/instrumentation-runtime-node',
    onRequest: false,
    create: () => (config['metrics.runtime'] ? [new RuntimeNodeInstrumentation()] : []),
  };
  return [http, undici, runtime, ...bridges(config)];
}
