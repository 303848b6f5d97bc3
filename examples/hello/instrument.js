import { start } from '@sonde/otel';

start({
  serviceName: 'hello',
  logs: { level: 'info', console: '%(asctime)s - %(levelname)s - %(message)s' },
  metrics: { prometheus: { port: Number(process.env.METRICS_PORT ?? 9464) } },
});
