const { fromApp } = require('./from-peer.cjs');
const { log, serving } = require('./serving.cjs');

const { Hono } = fromApp('hono');
const app = new Hono();
if (globalThis.telemetry?.middleware !== undefined) app.use(globalThis.telemetry.middleware);
app.get('/users/:id', (c) => {
  log(c.req.param('id'));
  return c.json({ id: c.req.param('id') });
});
serving(fromApp('@hono/node-server').serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }));
