import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();

process.on('SIGTERM', () => {
  sdk
    .shutdown()
    .catch((error) => console.error(error))
    .finally(() => process.exit(0));
});
