/** How a library of a bundle is seen. */
type InBundles = 'yes' | 'with the plug-in' | 'no';

/** A library of the tests in this folder, as the documentation lists it. */
interface Coverage {
  readonly library: string;
  /** The package whose oldest and newest tested versions are listed. */
  readonly packageName: string;
  /** How its work becomes visible. */
  readonly source: string;
  readonly emits: string;
  /** Whether it is seen in a bundle. */
  readonly inBundles: InBundles;
}

const routes = 'route and exception of the server span';
const operations = 'client spans, `db.client.operation.duration`';

/** The rows of the table, in its order. */
const coverage: readonly Coverage[] = [
  ...(['mysql2', 'ioredis', 'redis', 'mongoose'] as const).map((library): Coverage => ({
    library,
    packageName: library,
    source: 'its tracing channels',
    emits: operations,
    inBundles: 'yes',
  })),
  {
    library: 'graphql',
    packageName: 'graphql',
    source: 'its tracing channels',
    emits: 'spans of operations',
    inBundles: 'yes',
  },
  {
    library: '`fetch` and undici',
    packageName: 'undici',
    source: 'its channels',
    emits: 'client spans, `http.client.request.duration`',
    inBundles: 'yes',
  },
  {
    library: '`node:http2`',
    packageName: 'node:http2',
    source: 'hooks',
    emits: 'client and server spans, `http.client.request.duration`, `http.server.*`',
    inBundles: 'yes',
  },
  {
    library: '`@grpc/grpc-js`',
    packageName: '@grpc/grpc-js',
    source: 'hooks of its client and of `node:http2`',
    emits: 'client and server spans, `rpc.client.call.duration`, `rpc.server.call.duration`',
    inBundles: 'with the plug-in',
  },
  {
    library: 'AI SDK',
    packageName: 'ai',
    source: 'its tracing channel',
    emits: 'spans of models and tools, `gen_ai.client.*`',
    inBundles: 'yes',
  },
  { library: 'Fastify', packageName: 'fastify', source: 'its channel', emits: routes, inBundles: 'yes' },
  {
    library: 'Express',
    packageName: 'express',
    source: 'hooks; the channel of Express 5.3 in a bundle',
    emits: routes,
    inBundles: 'yes',
  },
  {
    library: 'router',
    packageName: 'router',
    source: 'hooks; the channel of router 2.3 in a bundle',
    emits: routes,
    inBundles: 'yes',
  },
  {
    library: 'connect',
    packageName: 'connect',
    source: 'hooks',
    emits: routes,
    inBundles: 'with the plug-in',
  },
  {
    library: 'Koa with `@koa/router`',
    packageName: 'koa',
    source: 'hooks',
    emits: routes,
    inBundles: 'with the plug-in',
  },
  { library: 'Hono', packageName: 'hono', source: 'hooks', emits: routes, inBundles: 'with the plug-in' },
  {
    library: 'NestJS on Express and Fastify',
    packageName: '@nestjs/core',
    source: 'hooks',
    emits: routes,
    inBundles: 'with the plug-in',
  },
  ...(
    [
      ['hapi', '@hapi/hapi'],
      ['Restify', 'restify'],
      ['Polka', 'polka'],
      ['tRPC', '@trpc/server'],
      ['Apollo Server on Express', '@apollo/server'],
    ] as const
  ).map(([library, packageName]): Coverage => ({
    library,
    packageName,
    source: 'hooks',
    emits: routes,
    inBundles: 'with the plug-in',
  })),
  {
    library: 'h3 and srvx',
    packageName: 'h3',
    source: 'their channels, with their `tracingPlugin`',
    emits: routes,
    inBundles: 'yes',
  },
  {
    library: 'AdonisJS',
    packageName: '@adonisjs/http-server',
    source: 'its tracing channels',
    emits: routes,
    inBundles: 'no',
  },
];

type Versions = Readonly<Record<string, string>>;

/** Returns the table of the documentation. @param newest and oldest: the tested versions by package */
export function coverageTable(newest: Versions, oldest: Versions): string {
  const rows = coverage.map(({ emits, inBundles, library, packageName, source }) => {
    const versions = [oldest[packageName], newest[packageName]].filter((version) => version !== undefined);
    return [library, versions.join(' to '), source, emits, inBundles];
  });
  const head = ['library', 'tested versions', 'seen through', 'result', 'in a bundle'];
  const table = [head, head.map(() => '-'), ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table
    .map((row) => {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0, cell === '-' ? '-' : ' '));
      return `| ${cells.join(' | ')} |`;
    })
    .join('\n');
}
