import { start } from '@sonde/otel';

start({ serviceName: 'hello', metrics: { prometheus: { port: Number(process.env['METRICS_PORT']) } } });
