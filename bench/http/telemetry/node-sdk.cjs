const { fromSdk } = require('../apps/from-peer.cjs');
const upstream = require('./upstream.cjs');

/** Starts NodeSDK with these instrumentations. */
exports.startNodeSdk = (instrumentations) => {
  const pipeline = upstream.pipeline();
  new (fromSdk('@opentelemetry/sdk-node').NodeSDK)({ ...pipeline, instrumentations }).start();
  globalThis.telemetry = upstream.usedBy(pipeline);
};
