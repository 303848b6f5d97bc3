// What auto-instrumentations-node/register does, with exporters of the benchmark's choice.
const { fromSdk } = require('../apps/from-peer.cjs');

const { getNodeAutoInstrumentations } = fromSdk('@opentelemetry/auto-instrumentations-node');
require('./node-sdk.cjs').startNodeSdk(getNodeAutoInstrumentations());
