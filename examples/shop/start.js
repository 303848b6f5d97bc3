// Starts each service in a separate process; when one exits, all are stopped.
import { spawn } from 'node:child_process';

const { env } = process;
const ports = {
  gateway: Number(env.GATEWAY_PORT ?? 8000),
  catalogue: Number(env.CATALOGUE_PORT ?? 8001),
  orders: Number(env.ORDERS_PORT ?? 8002),
};
const addresses = {
  CATALOGUE_URL: `http://127.0.0.1:${ports.catalogue}`,
  ORDERS_URL: `http://127.0.0.1:${ports.orders}`,
};
const firstMetricsPort = Number(env.METRICS_PORT ?? 9464);

const services = Object.entries(ports).map(([name, port], index) =>
  spawn(process.execPath, [...process.execArgv, '--require', './instrument.js', `${name}.js`], {
    stdio: 'inherit',
    env: {
      ...env,
      ...addresses,
      PORT: String(port),
      OTEL_SERVICE_NAME: name,
      OTEL_EXPORTER_PROMETHEUS_PORT: String(firstMetricsPort + index),
    },
  }),
);

const end = () => services.forEach((service) => service.kill('SIGTERM'));
for (const service of services) service.once('exit', end);
process.once('SIGINT', end).once('SIGTERM', end);
