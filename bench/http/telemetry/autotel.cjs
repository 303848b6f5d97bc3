const { fromSdk } = require('../apps/from-peer.cjs');
const upstream = require('./upstream.cjs');

const pipeline = upstream.pipeline();
fromSdk('autotel').init({
  ...pipeline,
  service: 'bench',
  // Its default keeps one trace in ten.
  sampling: 'development',
  autoInstrumentations: ['http'],
});
globalThis.telemetry = upstream.usedBy(pipeline);
