import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { kinds } from '../../packaging/loading.ts';
import type { Received } from '../../support/otlp-sink.ts';
import { histogramPoints, parentId, runLibraryProgram, spansFrom } from './support/library-program.ts';

const timeout = 120_000;

/** Models of the library's own tests, which answer without a server. */
const program = {
  dependencies: ['ai'],
  uses: {
    ai: '{ embed, generateText, jsonSchema, stepCountIs, streamText, tool }',
    'ai/test': '{ MockEmbeddingModelV4, MockLanguageModelV4, convertArrayToReadableStream }',
    '@opentelemetry/api': '{ trace }',
  },
  body: `
    const usage = { inputTokens: { total: 10 }, outputTokens: { total: 20 } };
    const answers = [
      {
        content: [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'weather', input: '{"city":"secret"}' }],
        finishReason: { unified: 'tool-calls' }, usage, warnings: [], response: { id: 'response-1', modelId: 'model-1' },
      },
      { content: [{ type: 'text', text: 'secret' }], finishReason: { unified: 'stop' }, usage, warnings: [] },
    ];
    const model = new MockLanguageModelV4({
      provider: 'openai.chat',
      modelId: 'model',
      doGenerate: async () => answers.shift() ?? Promise.reject(new TypeError('secret')),
      doStream: async () => ({
        stream: convertArrayToReadableStream([
          { type: 'stream-start', warnings: [] },
          { type: 'text-start', id: '1' },
          { type: 'text-delta', id: '1', delta: 'secret' },
          { type: 'text-end', id: '1' },
          { type: 'finish', finishReason: { unified: 'stop' }, usage },
        ]),
      }),
    });
    const weather = tool({
      inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }),
      execute: async () => { trace.getTracer('app').startSpan('lookup').end(); return 'secret'; },
    });
    const prompt = 'secret';
    await generateText({ model, prompt, temperature: 0.5, tools: { weather }, stopWhen: stepCountIs(3) });
    await generateText({ model, prompt, maxRetries: 0 }).catch(() => {});
    for await (const part of streamText({ model, prompt }).textStream) void part;
    const embedder = new MockEmbeddingModelV4({
      provider: 'openai.embedding',
      modelId: 'embedder',
      doEmbed: async () => ({ embeddings: [[1]], usage: { tokens: 5 }, warnings: [] }),
    });
    await embed({ model: embedder, value: prompt });`,
};

const summary = ({ attributes, name }: Received): unknown[] => [
  name,
  attributes['gen_ai.usage.input_tokens'],
  attributes['error.type'],
];

suite('the AI SDK', { timeout: 5 * timeout }, () => {
  for (const generation of ['newest', 'oldest'] as const) {
    for (const kind of kinds) {
      test(`ai, ${generation}, as ${kind}: models and tools, without contents`, { timeout }, async (t) => {
        const seen = await runLibraryProgram(t, { ...program, generation, kind });
        if (seen === undefined) return;
        const { output, sink } = seen;
        const spans = spansFrom(sink, 'ai');
        assert.deepEqual(
          spans.map(summary),
          [
            ['chat model', 10, undefined],
            ['execute_tool weather', undefined, undefined],
            ['chat model', 10, undefined],
            ['invoke_agent model', undefined, undefined],
            ['chat model', undefined, 'TypeError'],
            ['invoke_agent model', undefined, 'TypeError'],
            ['chat model', undefined, undefined],
            ['invoke_agent model', undefined, undefined],
            ['embeddings embedder', 5, undefined],
          ],
          output,
        );
        const [chat, executed, , agent] = spans;
        assert.ok(chat !== undefined && executed !== undefined && agent !== undefined);
        assert.equal(parentId(chat), agent.spanId);
        assert.equal(parentId(executed), agent.spanId);
        const lookup = sink.spans.find(({ name }) => name === 'lookup');
        assert.ok(lookup !== undefined);
        assert.equal(parentId(lookup), executed.spanId);
        const { attributes, raw } = chat;
        assert.equal(raw['kind'], 3);
        assert.equal(attributes['gen_ai.provider.name'], 'openai');
        assert.equal(attributes['gen_ai.response.model'], 'model-1');
        assert.equal(attributes['gen_ai.request.temperature'], 0.5);
        assert.doesNotMatch(JSON.stringify([sink.spans, sink.metrics]), /secret/);
        const durations = histogramPoints(sink, 'gen_ai.client.operation.duration');
        assert.equal(
          durations.reduce((sum, { count }) => sum + count, 0),
          spans.length,
        );
        const usage = histogramPoints(sink, 'gen_ai.client.token.usage');
        const types = usage.map(({ attributes: each }) => each['gen_ai.token.type']);
        assert.deepEqual(new Set(types), new Set(['input', 'output']));
        assert.equal(usage.length, 5);
      });
    }
  }
});
