const { fromSdk } = require('../apps/from-peer.cjs');

require('./official.cjs');

globalThis.telemetry.middleware = fromSdk('@hono/otel').httpInstrumentationMiddleware({
  serviceName: 'bench',
});
