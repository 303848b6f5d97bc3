import { start } from '@sonde/otel';

// Shared by all services; OTEL_SERVICE_NAME sets the name.
start({ metrics: { prometheus: true } });
