import { type Attributes, createTraceState, SeverityNumber } from '@opentelemetry/api';
import type { LoggerProviderOptions, LogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Random } from '../support/random.ts';
import { name, value } from './values.ts';
import type { Setting, World } from './world.ts';

const ratio = (): Sampler => new TraceIdRatioBasedSampler(0.5);

/** Looks at what it is asked, meddles with it, and adds to the span. */
function curious(world: () => World, random: Random): Sampler {
  const decision = random.pick([
    SamplingDecision.RECORD_AND_SAMPLED,
    SamplingDecision.RECORD,
    SamplingDecision.NOT_RECORD,
  ]);
  const added = random.pick<Attributes | undefined>([undefined, { 'sampler.was': 'here', a: 'sampler' }]);
  const traceState = random.pick([undefined, createTraceState('sampler=1')]);
  return {
    shouldSample: (_context, traceId, spanName, kind, given, links) => {
      world().note('shouldSample', [traceId, spanName, kind, { ...given }, links]);
      given['meddled'] = true;
      return {
        decision,
        ...(added === undefined ? {} : { attributes: added }),
        ...(traceState === undefined ? {} : { traceState }),
      };
    },
  };
}

/** Providers of any make. */
export function setting(random: Random, world: () => World): Setting {
  const limit = (): number | undefined => random.pick([undefined, undefined, 0, 1, 2, 5, 128]);
  const length = (): number | undefined => random.pick([undefined, undefined, 0, 1, 4, Infinity, -1]);
  const own = random.once(4);
  const sampler = random.pick<() => Sampler | undefined>([
    () => undefined,
    () => new AlwaysOnSampler(),
    () => new AlwaysOffSampler(),
    () => ratio(),
    () => new ParentBasedSampler({ root: ratio() }),
    () => createAlwaysRecordSampler(ratio()),
  ])();
  const chosen = own ? curious(world, random) : sampler;
  const spanLimits = {
    attributeCountLimit: limit(),
    attributeValueLengthLimit: length(),
    eventCountLimit: limit(),
    linkCountLimit: limit(),
    attributePerEventCountLimit: limit(),
    attributePerLinkCountLimit: limit(),
  };
  return {
    traces: {
      ...(chosen === undefined ? {} : { sampler: chosen }),
      ...(random.once(2) ? {} : { spanLimits: spanLimits as object }),
    },
    ...(own || random.once(2) ? {} : { samplerLooksAtAttributes: false }),
    logs: logSetting(random, { attributeCountLimit: limit(), attributeValueLengthLimit: length() }),
    ...(random.once(4) ? { takesEventsAlone: true } : {}),
  };
}

function logSetting(random: Random, limits: object): LoggerProviderOptions {
  const meddler: LogRecordProcessor = {
    onEmit: (record) => {
      record.setAttribute(name(random), value(random));
      record.attributes['meddled'] = 1;
      if (random.once(3)) record.setBody(value(random)).setSeverityText('MEDDLED').setEventName('meddled');
      if (random.once(6)) record.hrTime = [1_000_000_000, 5];
      if (random.once(6)) record.severityNumber = SeverityNumber.TRACE;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const picky: LogRecordProcessor = {
    ...meddler,
    onEmit: () => {},
    enabled: ({ eventName }) => eventName === undefined,
  };
  const minimumSeverity = random.pick([
    SeverityNumber.UNSPECIFIED,
    SeverityNumber.INFO,
    SeverityNumber.ERROR,
  ]);
  const [traceBased, enabled] = [random.once(2), !random.once(8)];
  return {
    ...(random.once(2) ? {} : { logRecordLimits: limits }),
    processors: random.pick([[], [meddler], [picky, meddler]]),
    ...(random.once(3) ? { loggerConfigurator: () => ({ enabled, minimumSeverity, traceBased }) } : {}),
  };
}
