import { start } from '@sonde/otel';

start({
  serviceName: 'existing',
  metrics: { prometheus: { port: Number(process.env.METRICS_PORT ?? 9464) } },
});
