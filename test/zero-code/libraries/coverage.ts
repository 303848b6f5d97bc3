/** A library of the tests in this folder, as the documentation lists it. */
interface Coverage {
  readonly library: string;
  /** The package whose oldest and newest tested versions are listed. */
  readonly packageName: string;
  /** How its work becomes visible. */
  readonly source: string;
  readonly emits: string;
  readonly isSeenInBundles: boolean;
}

const routes = 'route and exception of the server span';
const operations = 'client spans, `db.client.operation.duration`';

/** The rows of the table, in its order. */
const coverage: readonly Coverage[] = [
  ...(['mysql2', 'ioredis', 'redis', 'mongoose'] as const).map((library) => ({
    library,
    packageName: library,
    source: 'its tracing channels',
    emits: operations,
    isSeenInBundles: true,
  })),
  {
    library: 'graphql',
    packageName: 'graphql',
    source: 'its tracing channels',
    emits: 'spans of operations',
    isSeenInBundles: true,
  },
  {
    library: '`fetch` and undici',
    packageName: 'undici',
    source: 'its channels',
    emits: 'client spans, `http.client.request.duration`',
    isSeenInBundles: true,
  },
  {
    library: '`node:http2`',
    packageName: 'node:http2',
    source: 'hooks',
    emits: 'client and server spans, `http.client.request.duration`, `http.server.*`',
    isSeenInBundles: true,
  },
  {
    library: '`@grpc/grpc-js`',
    packageName: '@grpc/grpc-js',
    source: 'hooks of its client and of `node:http2`',
    emits: 'client and server spans, `rpc.client.call.duration`, `rpc.server.call.duration`',
    isSeenInBundles: false,
  },
  {
    library: 'AI SDK',
    packageName: 'ai',
    source: 'its tracing channel',
    emits: 'spans of models and tools, `gen_ai.client.*`',
    isSeenInBundles: true,
  },
  { library: 'Fastify', packageName: 'fastify', source: 'its channel', emits: routes, isSeenInBundles: true },
  {
    library: 'Express',
    packageName: 'express',
    source: 'hooks; the channel of Express 5.3 in a bundle',
    emits: routes,
    isSeenInBundles: true,
  },
  {
    library: 'router',
    packageName: 'router',
    source: 'hooks; the channel of router 2.3 in a bundle',
    emits: routes,
    isSeenInBundles: true,
  },
  {
    library: 'connect',
    packageName: 'connect',
    source: 'hooks',
    emits: routes,
    isSeenInBundles: false,
  },
  {
    library: 'Koa with `@koa/router`',
    packageName: 'koa',
    source: 'hooks',
    emits: routes,
    isSeenInBundles: false,
  },
  { library: 'Hono', packageName: 'hono', source: 'hooks', emits: routes, isSeenInBundles: false },
  {
    library: 'NestJS on Express and Fastify',
    packageName: '@nestjs/core',
    source: 'hooks',
    emits: routes,
    isSeenInBundles: false,
  },
  ...(
    [
      ['hapi', '@hapi/hapi'],
      ['Restify', 'restify'],
      ['Polka', 'polka'],
      ['tRPC', '@trpc/server'],
      ['Apollo Server on Express', '@apollo/server'],
    ] as const
  ).map(([library, packageName]) => ({
    library,
    packageName,
    source: 'hooks',
    emits: routes,
    isSeenInBundles: false,
  })),
  {
    library: 'h3 and srvx',
    packageName: 'h3',
    source: 'their channels, with their `tracingPlugin`',
    emits: routes,
    isSeenInBundles: true,
  },
  {
    library: 'AdonisJS',
    packageName: '@adonisjs/http-server',
    source: 'its tracing channels',
    emits: routes,
    isSeenInBundles: false,
  },
];

type Versions = Readonly<Record<string, string>>;

/** Returns the table of the documentation. @param newest and oldest: the tested versions by package */
export function coverageTable(newest: Versions, oldest: Versions): string {
  const rows = coverage.map(({ emits, isSeenInBundles, library, packageName, source }) => {
    const versions = [oldest[packageName], newest[packageName]].filter((version) => version !== undefined);
    return [library, versions.join(' to '), source, emits, isSeenInBundles ? 'yes' : 'no'];
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
