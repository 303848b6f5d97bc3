// The names that the published packages take from the SDK. Nothing here is published by itself.
export {
  errorDetails,
  errorText,
  exceptionAttributes,
  isError,
  mapException,
  unreadable,
} from './attributes/exception.ts';
export { SondeConfigError } from './config/config-error.ts';
export {
  type ConfigFault,
  createInvalidOptionFault,
  createUnknownOptionFault,
  formatValue,
} from './config/config-fault.ts';
export { nearest } from './config/nearest.ts';
export {
  booleanRule,
  checkOptions,
  countRule,
  functionRule,
  objectRule,
  choiceRule,
  portRule,
  type Rule,
  type Rules,
  textRule,
} from './config/options-check.ts';
export { lineWriter, LineWriter } from './console/line-writer.ts';
export { clock } from './context/clock.ts';
export { enableContextEntry, enterContext } from './context/context-entry.ts';
export { readInstrumentOptions } from './metrics/descriptor.ts';
export { grpcStatusNames } from './grpc-status-names.ts';
export { readScope, type ScopeIdentity, toIdentifier } from './identity.ts';
export { defer, type DeferredTask, runDeferred } from './context/deferred.ts';
export { HttpServerContext } from './context/http-context.ts';
export { suppressed } from './context/suppressed.ts';
export {
  createExemplarMeasurement,
  createExemplarSource,
  type ExemplarFilter,
  type ExemplarSource,
} from './exemplars/measurement.ts';
export { type Exemplar, type ExemplarMeasurement, Reservoir } from './exemplars/reservoir.ts';
export { attachReservoir, exemplarsByBucket, getExemplars } from './exemplars/store.ts';
export {
  attributeParts,
  type AttributeParts,
  type FastContext,
  type FastSpan,
  type HasAttributeParts,
  type HasSpanIds,
  spanIds,
  type SpanIds,
  type TraceWords,
} from './fast-path.ts';
export { convertAttributes } from './logs/convert-attributes.ts';
export { LeanLoggerProvider, readScopeAttributes } from './logs/logger-provider.ts';
export type { DropCounter } from './drop-counter.ts';
export { collectAs, getCollectingReader } from './metrics/collecting-reader.ts';
export { collectNow } from './metrics/collect-now.ts';
export { withSecondsBoundaries } from './metrics/descriptor.ts';
export { MeasuredSeries } from './metrics/measured-series.ts';
export { LeanMeterProvider, type LeanMeterProviderOptions } from './metrics/meter-provider.ts';
export { FirstSpellings } from './metrics/first-spellings.ts';
export { maxNames, NameLimit } from './metrics/name-limit.ts';
export { RejectedMeasurements } from './metrics/rejected-measurements.ts';
export { type AttributesCleaner, SeriesTable } from './metrics/series-table.ts';
export { type Notice, NoticeBoard, type NoticeListener } from './notice.ts';
export { createRequireFor, ownRequire, ownUrl } from './own-require.ts';
export { HeadSampler, type HeadSamplerSettings } from './traces/head-sampler.ts';
export { SamplingDecision } from './enumerations.ts';
export { NonRecordingSpan } from './traces/non-recording-span.ts';
export { SpanBase } from './traces/span-base.ts';
export { exceptionEventAttributes } from './traces/span-event.ts';
export { resolveSpanLimits, type GuardedLimits } from './traces/span-limits.ts';
export {
  defaultValueLengthLimit,
  detailAttributes,
  readableMembers,
  sanitizeLink,
  sanitizeLinks,
  sanitizeValue,
  truncateText,
} from './traces/span-values.ts';
export { LeanSpan } from './traces/span.ts';
export { LeanTracerProvider } from './traces/tracer-provider.ts';
export { LeanTracer } from './traces/tracer.ts';
export { readMembers, setMember, truncateName } from './values/members.ts';
export { isPlainValue, toAnyValue, ValueConverter } from './values/value-converter.ts';
export { convertInteger } from './values/value-text.ts';
