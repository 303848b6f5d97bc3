import { start } from '@sonde/otel';

start({ serviceName: 'incoming', logs: { console: false, exporter: 'none' }, metrics: { runtime: false } });
