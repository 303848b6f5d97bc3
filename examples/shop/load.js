// Sends LOAD_RATE requests per second for LOAD_SECONDS seconds, then prints the responses by status.
import { setInterval } from 'node:timers/promises';

const shop = process.env.SHOP_URL ?? 'http://127.0.0.1:8000';
const rate = Number(process.env.LOAD_RATE ?? 10);
const seconds = Number(process.env.LOAD_SECONDS ?? 60);
const maxInFlight = 100;
const timeoutMs = 10_000;

const products = ['apple', 'bread', 'cheese'];
const anyProduct = () => products[Math.floor(Math.random() * products.length)];
const order = () => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ product: anyProduct(), quantity: 2 }),
});
const ask = (path, init) => fetch(shop + path, { ...init, signal: AbortSignal.timeout(timeoutMs) });

/** Requests of a client: list products, show one, place an order, or request an unknown product. */
function visit() {
  const chance = Math.random();
  if (chance < 0.4) return ask('/products');
  if (chance < 0.75) return ask(`/products/${anyProduct()}`);
  if (chance < 0.97) return ask('/orders', order());
  return ask('/products/unicorn');
}

const responses = {};
const count = (status) => {
  responses[status] = (responses[status] ?? 0) + 1;
};

async function visitOnce() {
  try {
    const response = await visit();
    await response.arrayBuffer();
    count(response.status);
  } catch {
    count('none');
  }
}

const inFlight = new Set();
let left = Math.floor(rate * seconds);
for await (const _ of setInterval(1000 / rate)) {
  if (left-- <= 0) break;
  if (inFlight.size >= maxInFlight) continue;
  const one = visitOnce().finally(() => inFlight.delete(one));
  inFlight.add(one);
}
await Promise.all(inFlight);
console.log(JSON.stringify(responses));
