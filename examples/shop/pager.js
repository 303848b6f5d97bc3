import { getLogger } from '@sonde/otel';
import { createRouter } from '@sonde/router';

const log = getLogger('pager');

const server = await createRouter()
  // The webhook payload of Alertmanager: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
  .post('/alerts', async (c) => {
    const { alerts } = await c.json();
    for (const { status, labels, annotations } of alerts) {
      const level = status === 'firing' ? 'error' : 'info';
      log[level](`${status}: ${annotations.summary}`, {
        'alert.name': labels.alertname,
        'alert.severity': labels.severity,
        'alert.objective': labels.sloth_slo,
        'alert.service': labels.job,
      });
    }
  })
  .listen({ port: Number(process.env.PORT ?? 8003), host: process.env.HOST ?? '127.0.0.1' });

log.info(`Listening on ${server.url}`);
