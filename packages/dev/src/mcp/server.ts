import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Session } from '../session/session.ts';
import { version } from '../version.ts';
import {
  errorText,
  explanationText,
  type InstrumentItem,
  type Listed,
  logsText,
  metricsText,
  metricText,
  requestsText,
} from './texts.ts';

const queryHelp =
  'A filter such as: service=shop route="/orders/:id" duration>100ms; status>=500; level>=warn "connection reset"; spans("db") > 10. ' +
  'Terms beside one another must all hold; or, -, parentheses; any attribute name is a field; bare words are full text.';

const query = z.string().max(4096).optional().describe(queryHelp);
const limit = z.number().int().min(1).max(200).optional().describe('how many at most; 20 by default');
const traceId = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/)
  .describe('the trace id: 32 hexadecimal digits');

/** Runs a query and returns a text for the model in addition to the data. */
async function answerWith(
  session: Session,
  name: string,
  parameters: object,
  toText: (value: never) => string,
): Promise<CallToolResult> {
  try {
    await session.store.flush();
    const value = JSON.parse(await session.store.query(name, parameters)) as Record<string, unknown>;
    return {
      content: [{ type: 'text', text: toText(value as never) }],
      structuredContent: value,
    };
  } catch (error) {
    return { isError: true, content: [{ type: 'text', text: errorText(error as Error) }] };
  }
}

function createServer(session: Session): McpServer {
  const server = new McpServer(
    { name: 'sonde-dev', version },
    {
      instructions:
        'Telemetry of the programs that run on this machine under sonde dev: requests, traces, log records, metrics. ' +
        'Start with list_requests; get_trace shows one in detail; explain_slow says why one is slow.',
    },
  );
  server.registerTool(
    'list_requests',
    {
      title: 'List requests',
      description: 'The newest or slowest requests that match a filter, with status, duration and trace id.',
      inputSchema: z.object({ query, limit, sort: z.enum(['time', 'duration']).optional() }),
      annotations: { readOnlyHint: true },
    },
    ({ query: q, limit: most = 20, sort }) =>
      answerWith(session, 'requests', { q, limit: most, sort }, requestsText),
  );
  server.registerTool(
    'get_trace',
    {
      title: 'Get a trace',
      description:
        'One trace: its spans with durations, the critical path, repeated calls, exceptions, log records.',
      inputSchema: z.object({ traceId }),
      annotations: { readOnlyHint: true },
    },
    async ({ traceId: id }) => {
      const summary = await answerWith(
        session,
        'trace',
        { traceId: id, limit: 500, logLimit: 200 },
        () => '',
      );
      if (summary.isError === true) return summary;
      const text = JSON.parse(await session.store.query('traceMarkdown', { traceId: id })) as string;
      return { ...summary, content: [{ type: 'text', text }] };
    },
  );
  server.registerTool(
    'search_logs',
    {
      title: 'Search log records',
      description: 'The newest log records that match a filter.',
      inputSchema: z.object({ query, limit }),
      annotations: { readOnlyHint: true },
    },
    ({ query: q, limit: most = 20 }) => answerWith(session, 'logs', { q, limit: most }, logsText),
  );
  server.registerTool(
    'query_metric',
    {
      title: 'Query a metric',
      description: 'Without a name: every instrument. With one: its series over a window of time.',
      inputSchema: z.object({
        name: z
          .string()
          .max(1024)
          .optional()
          .describe('the name of the instrument, in OpenTelemetry or Prometheus'),
        query,
        by: z.string().max(1024).optional().describe('attribute keys to group by, separated by commas'),
        windowMs: z.number().int().min(1000).max(86_400_000).optional().describe('5 minutes by default'),
      }),
      annotations: { readOnlyHint: true },
    },
    async ({ name, query: q, by, windowMs }) => {
      if (name === undefined) return answerWith(session, 'metrics', {}, metricsText);
      await session.store.flush();
      const { items } = JSON.parse(await session.store.query('metrics', {})) as Listed<InstrumentItem>;
      const found = items.find((item) => item.name === name || item.prometheusName === name);
      if (found === undefined) {
        const text = `No instrument is called ${JSON.stringify(name)}. Known: ${items.map((item) => item.name).join(', ')}`;
        return { isError: true, content: [{ type: 'text' as const, text }] };
      }
      const window = windowMs ?? 300_000;
      return answerWith(session, 'metric', { id: found.id, q, by, window, step: window / 20 }, metricText);
    },
  );
  server.registerTool(
    'explain_slow',
    {
      title: 'Explain why a request is slow',
      description:
        'Findings on one trace, or on the slowest request that matches a filter: repeated calls, gaps, blocked event loop.',
      inputSchema: z.object({ traceId: traceId.optional(), query }),
      annotations: { readOnlyHint: true },
    },
    ({ traceId: trace, query: q }) => answerWith(session, 'explain', { trace, q }, explanationText),
  );
  return server;
}

/** The handler of MCP's requests. */
export function createHandler(session: Session): { fetch(request: Request): Promise<Response> } {
  return createMcpHandler(() => createServer(session));
}
