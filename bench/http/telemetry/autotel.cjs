const { fromSdk } = require('../apps/from-peer.cjs');
const upstream = require('./upstream.cjs');

const pipeline = upstream.pipeline();
fromSdk('autotel').init({
  ...pipeline,
  service: 'bench',
  // The default is one trace in ten.
  sampling: 'development',
  autoInstrumentations: ['http'],
});
globalThis.telemetry = upstream.usedBy(pipeline);
