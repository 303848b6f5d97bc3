import { start } from '@sonde/otel';

start({
  serviceName: 'hello',
  logs: { level: 'info', console: '%(asctime)s - %(levelname)s - %(message)s' },
  metrics: { prometheus: { port: 9464 } },
});
