import assert from 'node:assert/strict';
import { cp, mkdir, realpath } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { readSnippets } from '../docs/snippets.ts';
import { type Kind, kinds } from '../packaging/loading.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { application, applications } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';

const timeout = 120_000;

/** The runtime of Lambda: it loads the handler, and asks for one event after another. Its own connections are no requests. */
const runtime = `
import { connect } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const [file, name] = process.env._HANDLER.split('.');
const path = join(process.env.LAMBDA_TASK_ROOT, file + '.' + process.env.EXTENSION);
const { [name]: handler } =
  process.env.EXTENSION === 'mjs' ? await import(pathToFileURL(path)) : createRequire(import.meta.url)(path);

async function call(method, path, body = '') {
  const socket = connect(Number(port), host);
  socket.end(method + ' /2018-06-01/runtime/invocation/' + path + ' HTTP/1.0\\r\\ncontent-length: ' + body.length + '\\r\\n\\r\\n' + body);
  const [head, content] = (await text(socket)).split('\\r\\n\\r\\n');
  return { id: /aws-request-id: (.*)/i.exec(head)?.[1], content };
}

for (;;) {
  const { id, content } = await call('GET', 'next');
  if (id === undefined) break;
  const context = { awsRequestId: id, functionName: 'shop', invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:shop' };
  try {
    await call('POST', id + '/response', JSON.stringify(await handler(JSON.parse(content), context)));
  } catch (error) {
    await call('POST', id + '/error', JSON.stringify({ errorMessage: error.message }));
  }
}
process.exit(0);`;

const handlers: Readonly<Record<Kind, string>> = {
  cjs: `exports.handler = async ({ order }) => {
    if (order === 3) throw new TypeError('no such order');
    return { order };
  };`,
  mjs: `export const handler = async ({ order }) => {
    if (order === 3) throw new TypeError('no such order');
    return { order };
  };`,
};

/** The requests that the service of Lambda had received when a response arrived, after which it freezes the process. */
interface Response {
  readonly path: string;
  readonly body: string;
  readonly spans: number;
}

/** The service of Lambda: gives out events, and takes responses. */
async function startRuntimeApi(
  t: TestContext,
  sink: OtlpSink,
): Promise<{ api: string; responses: Response[] }> {
  const responses: Response[] = [];
  let order = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.endsWith('/next') === true) {
      order += 1;
      if (order > 3) {
        response.end();
        return;
      }
      response.setHeader('lambda-runtime-aws-request-id', `request-${order}`);
      response.end(JSON.stringify({ order }));
      return;
    }
    responses.push({ path: request.url ?? '', body: await text(request), spans: sink.spans.length });
    response.end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { api: `127.0.0.1:${(server.address() as AddressInfo).port}`, responses };
}

const snippets = await readSnippets('docs/guide/lambda.md');
const settings = Object.fromEntries(
  snippets
    .filter(({ language }) => language === 'properties')
    .flatMap(({ text: lines }) => lines.trim().split('\n'))
    .map((line) => line.split(/=(.*)/, 2)),
) as Record<string, string>;

for (const kind of kinds) {
  test(`a handler as ${kind}: its span arrives before its response`, { timeout }, async (t) => {
    const node = await nodeUnderTest(t, process.versions.node);
    if (node === undefined) return;
    const created = await application(t, [], {
      'runtime/index.mjs': runtime,
      'layer/nodejs/package.json': JSON.stringify({
        dependencies: { '@opentelemetry/instrumentation-aws-lambda': '*', '@sonde/otel': '*' },
      }),
      [`task/index.${kind}`]: handlers[kind],
    });
    // Instrumentations compare the path of the handler with that of the loaded file.
    const cwd = await realpath(created);
    const layer = join(cwd, 'layer');
    await mkdir(join(layer, 'nodejs/node_modules'), { recursive: true });
    await cp(join(await applications(), 'node_modules/@sonde'), join(layer, 'nodejs/node_modules/@sonde'), {
      recursive: true,
    });
    await using sink = await OtlpSink.start();
    const { api, responses } = await startRuntimeApi(t, sink);
    const env = {
      ...settings,
      NODE_OPTIONS: settings['NODE_OPTIONS']?.replace('/opt/', `${layer}/`),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      AWS_LAMBDA_FUNCTION_NAME: 'shop',
      AWS_LAMBDA_RUNTIME_API: api,
      LAMBDA_TASK_ROOT: join(cwd, 'task'),
      _HANDLER: 'index.handler',
      EXTENSION: kind,
    };
    await using child = new Program(node, [join(cwd, 'runtime/index.mjs')], { cwd: join(cwd, 'task'), env });
    assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
    assert.deepEqual(
      responses,
      [
        { path: '/2018-06-01/runtime/invocation/request-1/response', body: '{"order":1}', spans: 1 },
        { path: '/2018-06-01/runtime/invocation/request-2/response', body: '{"order":2}', spans: 2 },
        {
          path: '/2018-06-01/runtime/invocation/request-3/error',
          body: '{"errorMessage":"no such order"}',
          spans: 3,
        },
      ],
      child.output,
    );
    const statuses = sink.spans.map(({ attributes, raw }) => [
      attributes['faas.invocation_id'] ?? attributes['faas.execution'],
      (raw['status'] as { readonly code?: number } | undefined)?.code,
    ]);
    assert.deepEqual(
      statuses.map(([id]) => id),
      ['request-1', 'request-2', 'request-3'],
    );
    assert.equal(statuses[2]?.[1], 2);
    assert.equal(sink.spans[0]?.resource['service.name'], 'shop');
  });
}
