const { fromSdk } = require('../apps/from-peer.cjs');
const upstream = require('./upstream.cjs');

const pipeline = upstream.pipeline();
fromSdk('@elastic/opentelemetry-node/sdk').startNodeSDK(pipeline);
globalThis.telemetry = upstream.usedBy(pipeline);
