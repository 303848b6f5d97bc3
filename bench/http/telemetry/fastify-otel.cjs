const { fromSdk } = require('../apps/from-peer.cjs');
const { FastifyOtelInstrumentation } = fromSdk('@fastify/otel');

require('./node-sdk.cjs').startNodeSdk([
  ...require('./upstream.cjs').instrumentations(),
  new FastifyOtelInstrumentation({ registerOnInitialization: true }),
]);
