require('./node-sdk.cjs').startNodeSdk(require('./upstream.cjs').instrumentations());
