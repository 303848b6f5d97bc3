import type { Attributes, Context } from '@opentelemetry/api';
import type { MeasuredSeries, SeriesTable } from '@sonde/sdk';

/** Records one measurement in the SDK. */
export type RecordInSdk = (value: number, attributes: Attributes, context?: Context) => void;

/** The state shared by all synchronous instruments of one identity. */
export interface InstrumentState {
  readonly name: string;
  /** Whether the instrument is a counter or a histogram: its points carry exemplars, and negative values are invalid. */
  readonly hasExemplars: boolean;
  readonly table: SeriesTable<MeasuredSeries>;
  /** Whether views match the instrument: series are then counted after the views' attribute filters. */
  isViewed: boolean;
  /** Undefined until an SDK is registered. */
  record: RecordInSdk | undefined;
}
