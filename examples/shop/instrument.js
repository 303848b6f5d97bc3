import { start } from '@sonde/otel';

// The same file for every service: OTEL_SERVICE_NAME says which one it is.
start({ metrics: { prometheus: true } });
