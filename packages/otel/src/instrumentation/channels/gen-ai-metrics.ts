import { type Attributes, type Histogram, type Meter, ValueType } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOKEN_TYPE,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  METRIC_GEN_AI_CLIENT_OPERATION_DURATION,
  METRIC_GEN_AI_CLIENT_TOKEN_USAGE,
} from '../../semconv.ts';
import type { OperationMetrics } from './channel-subscriber.ts';

const durationBuckets = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const tokenBuckets = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
];

/** Attributes with few values. */
const measured = [
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_ERROR_TYPE,
];

const tokens = [
  ['input', ATTR_GEN_AI_USAGE_INPUT_TOKENS],
  ['output', ATTR_GEN_AI_USAGE_OUTPUT_TOKENS],
] as const;

/** @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ */
export function createGenAiMetrics(meter: Meter): OperationMetrics {
  const duration: Histogram = meter.createHistogram(METRIC_GEN_AI_CLIENT_OPERATION_DURATION, {
    description: 'GenAI operation duration.',
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: durationBuckets },
  });
  const usage: Histogram = meter.createHistogram(METRIC_GEN_AI_CLIENT_TOKEN_USAGE, {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    valueType: ValueType.INT,
    advice: { explicitBucketBoundaries: tokenBuckets },
  });
  return {
    record: (seconds, attributes, context) => {
      const shared: Attributes = {};
      for (const name of measured) if (attributes[name] !== undefined) shared[name] = attributes[name];
      duration.record(seconds, shared, context);
      for (const [type, name] of tokens) {
        const count = attributes[name];
        if (typeof count === 'number')
          usage.record(count, { ...shared, [ATTR_GEN_AI_TOKEN_TYPE]: type }, context);
      }
    },
  };
}
