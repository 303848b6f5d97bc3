// Runs operations of a library in batches, and reports their processor time to the parent process.
const [, , telemetry, library] = process.argv;
process.on('disconnect', () => process.exit());
const { seen, startTelemetry } = require('./telemetry.cjs');
startTelemetry(telemetry, library);
const { trace } = require('@opentelemetry/api');

const libraries = {
  async mysql2() {
    const pool = require('mysql2/promise').createPool({
      host: '127.0.0.1',
      port: Number(process.env.MYSQL_PORT),
      user: 'root',
      database: 'test',
      connectionLimit: 1,
    });
    return () => pool.query('SELECT ? AS id', [1]);
  },
  async ioredis() {
    const client = new (require('ioredis').Redis)(process.env.REDIS_URL);
    await client.set('key', 'value');
    return () => client.get('key');
  },
  async redis() {
    const client = await require('redis').createClient({ url: process.env.REDIS_URL }).connect();
    await client.set('key', 'value');
    return () => client.get('key');
  },
  async graphql() {
    const { buildSchema, graphql } = require('graphql');
    const schema = buildSchema('type Query { user(id: ID): String }');
    const rootValue = { user: () => 'user' };
    return () => graphql({ schema, rootValue, source: '{ user(id: 1) }' });
  },
};

const tracer = trace.getTracer('bench');

async function run(operation, count) {
  const before = { spans: seen.spans, cpu: process.cpuUsage() };
  for (let done = 0; done < count; done += 100) {
    await tracer.startActiveSpan('batch', async (span) => {
      for (let index = 0; index < 100; index += 1) await operation();
      span.end();
    });
  }
  const { system, user } = process.cpuUsage(before.cpu);
  return { cpu: (system + user) / count, spans: seen.spans - before.spans };
}

void libraries[library]().then((operation) => {
  process.on('message', async (count) => process.send(await run(operation, count)));
  process.send('ready');
});
