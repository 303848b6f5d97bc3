// Starts each service in a separate process; when one exits, all are stopped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

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

/** Whether a service can listen on a port. */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

for (const [name, port] of Object.entries(ports)) {
  if (await isFree(port)) continue;
  console.error(`Port ${port} is in use: set ${name.toUpperCase()}_PORT to another one.`);
  process.exit(1);
}

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
process.once('SIGTERM', end);
// A terminal sends Ctrl-C to the services too. This process ends after them, when their ports are free again.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) end();
});
