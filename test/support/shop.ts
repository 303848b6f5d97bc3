import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { packageFlags, Program } from './program.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples', 'shop');

/** A program of `examples/shop`. */
export interface ShopService {
  readonly program: Program;
  readonly url: string;
  /** Host and port that serve `/metrics`. */
  readonly metricsAddress: string;
}

/** The services of `examples/shop`, each in a separate process, on free ports. */
export interface Shop extends AsyncDisposable {
  readonly gateway: ShopService;
  readonly catalogue: ShopService;
  readonly orders: ShopService;
}

/**
 * Starts one program of the shop under `node --require ./instrument.js`, and waits until it listens.
 *
 * @param env added to the environment
 */
export async function startShopService(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<ShopService> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const program = new Program(
    process.execPath,
    [...packageFlags, '--require', './instrument.js', `${name}.js`],
    {
      cwd: folder,
      env: {
        NODE_OPTIONS: '',
        OTEL_SERVICE_NAME: name,
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
        PORT: String(port),
        ...env,
      },
    },
  );
  await program.printed('Listening on');
  return { program, url: `http://127.0.0.1:${port}`, metricsAddress: `localhost:${metricsPort}` };
}

/**
 * Starts the three services of the shop.
 *
 * @param env added to the environment of each, by its name
 */
export async function startShop(env: (name: string) => Readonly<Record<string, string>>): Promise<Shop> {
  const catalogue = await startShopService('catalogue', env('catalogue'));
  const orders = await startShopService('orders', { CATALOGUE_URL: catalogue.url, ...env('orders') });
  const urls = { CATALOGUE_URL: catalogue.url, ORDERS_URL: orders.url };
  const gateway = await startShopService('gateway', { ...urls, ...env('gateway') });
  const close = async (): Promise<void> => {
    await Promise.all([gateway, catalogue, orders].map(({ program }) => program[Symbol.asyncDispose]()));
  };
  return { gateway, catalogue, orders, [Symbol.asyncDispose]: close };
}

/** Sends the shop's own load; its output ends with the number of answers by status. */
export function startShopLoad(env: Readonly<Record<string, string>>): Program {
  return new Program(process.execPath, ['load.js'], { cwd: folder, env: { NODE_OPTIONS: '', ...env } });
}

/** Sets the fractions of faulty responses of a service of the shop. */
export async function injectFaults(
  { url }: ShopService,
  ratios: Readonly<Record<'errors' | 'slow' | 'blocked', number>>,
): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/faults`, { method: 'PUT', headers, body: JSON.stringify(ratios) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}
