// What @sonde/otel shares with this package. It is nobody else's: it may change in any version.
export { collectNow } from './cluster/sync-collect.ts';
export { refusedOption, shown, unknownOption } from './config/config-fault.ts';
export { isLogFormat } from './console/log-exporter.ts';
export { nearest } from './config/nearest.ts';
export { lineWriter } from './console/line-writer.ts';
export type { Measured } from './exemplars/reservoir.ts';
export { sampledSource } from './meter-provider/measured-exemplar.ts';
export { MeasuredSeries } from './meter-provider/measured-series.ts';
export { maxNames, NameLimit } from './meter-provider/name-limit.ts';
export { MeasurementRefusals, type RefusalReason } from './meter-provider/refusals.ts';
export { type AttributesCleaner, SeriesTable } from './meter-provider/series-table.ts';
export { NoticeBoard } from './notice.ts';
export { reportOtlpVariables } from './otlp/settings.ts';
export { suppressed } from './suppressed.ts';
export { isHostPattern } from './prometheus/host-check.ts';
export { readMembers, setMember } from './values/members.ts';
export { isPlainValue, maxTextLength, toAnyValue, ValueConverter } from './values/value-converter.ts';
export { thrownMark } from './values/value-marks.ts';
