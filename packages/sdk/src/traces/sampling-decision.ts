import type * as sdk from '@opentelemetry/sdk-trace';
import { enumeration } from '../enumeration.ts';

/** What becomes of a span: nothing, a record for processors alone, or one that is exported. */
export const SamplingDecision: typeof sdk.SamplingDecision = enumeration<typeof sdk.SamplingDecision>({
  NOT_RECORD: 0,
  RECORD: 1,
  RECORD_AND_SAMPLED: 2,
});
