import { type Attributes, SpanKind } from '@opentelemetry/api';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOOL_CALL_ID,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
} from '../../semconv.ts';
import type { ChannelMessage, ChannelSpans, OperationSpan } from './channel-subscriber.ts';
import { describeFailure } from './failure.ts';

/** Messages of ai 7 and newer. Prompts, answers and arguments are never read. */
interface AiMessage extends ChannelMessage {
  readonly type: string;
  readonly event: {
    readonly provider?: string;
    readonly modelId?: string;
    readonly maxOutputTokens?: number;
    readonly temperature?: number;
    readonly topP?: number;
    readonly topK?: number;
    readonly frequencyPenalty?: number;
    readonly presencePenalty?: number;
    readonly toolCall?: { readonly toolName?: string; readonly toolCallId?: string };
  };
  readonly result?: AiResult | undefined;
}

interface AiResult {
  readonly finishReason?: { readonly unified?: string } | string;
  readonly response?: { readonly id?: string; readonly modelId?: string };
  readonly usage?: {
    readonly inputTokens?: { readonly total?: number } | number;
    readonly outputTokens?: { readonly total?: number } | number;
    readonly tokens?: number;
  };
  readonly output?: { readonly type?: string; readonly error?: unknown };
}

/** The operations of the semantic conventions by the type of a message. Other messages, such as steps, have no span. */
const operations: Readonly<Record<string, string>> = {
  generateText: 'invoke_agent',
  streamText: 'invoke_agent',
  generateObject: 'invoke_agent',
  streamObject: 'invoke_agent',
  languageModelCall: 'chat',
  embed: 'embeddings',
  embedMany: 'embeddings',
  executeTool: 'execute_tool',
};

/** Removes undefined values. */
const defined = (attributes: Readonly<Record<string, Attributes[string]>>): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));

/** Whether the application has registered an integration of the library, such as `@ai-sdk/otel`, which has its own spans. */
function hasIntegration(): boolean {
  const registered: unknown = Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS');
  return Array.isArray(registered) && registered.length > 0;
}

function describe({ event, type }: AiMessage): OperationSpan | undefined {
  const operation = operations[type];
  if (operation === undefined || hasIntegration()) return undefined;
  if (operation === 'execute_tool') {
    const { toolCallId, toolName } = event.toolCall ?? {};
    return {
      name: toolName === undefined ? operation : `${operation} ${toolName}`,
      kind: SpanKind.INTERNAL,
      attributes: defined({ [ATTR_GEN_AI_OPERATION_NAME]: operation, [ATTR_GEN_AI_TOOL_NAME]: toolName }),
      details: defined({ [ATTR_GEN_AI_TOOL_CALL_ID]: toolCallId }),
    };
  }
  const { modelId, provider } = event;
  return {
    name: modelId === undefined ? operation : `${operation} ${modelId}`,
    kind: operation === 'invoke_agent' ? SpanKind.INTERNAL : SpanKind.CLIENT,
    attributes: defined({
      [ATTR_GEN_AI_OPERATION_NAME]: operation,
      // `openai.chat` is the provider with the kind of its model.
      [ATTR_GEN_AI_PROVIDER_NAME]: provider?.split('.', 1)[0],
      [ATTR_GEN_AI_REQUEST_MODEL]: modelId,
    }),
    details: defined({
      [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: event.maxOutputTokens,
      [ATTR_GEN_AI_REQUEST_TEMPERATURE]: event.temperature,
      [ATTR_GEN_AI_REQUEST_TOP_P]: event.topP,
      [ATTR_GEN_AI_REQUEST_TOP_K]: event.topK,
      [ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: event.frequencyPenalty,
      [ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: event.presencePenalty,
    }),
  };
}

/** Returns a number of tokens: of a model, or of a whole operation. */
const tokenCount = (tokens: { readonly total?: number } | number | undefined): number | undefined =>
  typeof tokens === 'object' ? tokens.total : tokens;

/** The usage of a stream is not known when the library reports the outcome: the stream has only begun. */
function outcome({ error, result, type }: AiMessage): Attributes | undefined {
  if (error !== undefined && error !== null) return describeFailure(error);
  if (type === 'executeTool') {
    const { output } = result ?? {};
    return output?.type === 'tool-error' ? describeFailure(output.error) : undefined;
  }
  // The calls of models inside of an operation have their own spans.
  if (type !== 'languageModelCall' && operations[type] !== 'embeddings') return undefined;
  const { finishReason, response, usage } = result ?? {};
  const reason = typeof finishReason === 'object' ? finishReason.unified : finishReason;
  return defined({
    [ATTR_GEN_AI_RESPONSE_ID]: response?.id,
    [ATTR_GEN_AI_RESPONSE_MODEL]: response?.modelId,
    [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: reason === undefined ? undefined : [reason],
    [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: tokenCount(usage?.inputTokens) ?? usage?.tokens,
    [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: tokenCount(usage?.outputTokens),
  });
}

/** @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ */
export const ai: readonly ChannelSpans<AiMessage>[] = [{ channel: 'ai:telemetry', describe, outcome }];
