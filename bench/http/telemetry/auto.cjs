// Like auto-instrumentations-node/register, with the exporters of the benchmark.
const { fromSdk } = require('../apps/from-peer.cjs');

const { getNodeAutoInstrumentations } = fromSdk('@opentelemetry/auto-instrumentations-node');
require('./node-sdk.cjs').startNodeSdk(getNodeAutoInstrumentations());
