import { setTimeout as delay } from 'node:timers/promises';
import { createRouter, problem } from '@sonde/router';

const slowMs = 700;
const blockedMs = 600;
// Lets other requests run between two blocks.
const freeMs = 200;

/** Fractions of requests that fail, are slow, or block the event loop: each from 0 to 1. */
const ratios = {
  errors: Number(process.env.FAULT_ERRORS ?? 0),
  slow: Number(process.env.FAULT_SLOW ?? 0),
  blocked: Number(process.env.FAULT_BLOCKED ?? 0),
};
const known = Object.keys(ratios);

function change(wanted) {
  for (const [name, ratio] of Object.entries(wanted ?? {})) {
    if (known.includes(name) && ratio >= 0 && ratio <= 1) ratios[name] = ratio;
    else throw problem(422, `${name} is none of ${known.join(', ')} from 0 to 1`);
  }
  return ratios;
}

async function misbehave() {
  if (Math.random() < ratios.errors) throw new Error('An injected fault');
  if (Math.random() < ratios.slow) await delay(slowMs);
  if (Math.random() < ratios.blocked) {
    const end = performance.now() + blockedMs;
    while (performance.now() < end);
    await delay(freeMs);
  }
}

/** A router that injects faults; `FAULT_ERRORS`, `FAULT_SLOW`, `FAULT_BLOCKED` and `PUT /faults` set their ratios. */
export function faultyRouter() {
  return createRouter()
    .put('/faults', { telemetry: false }, async (c) => change(await c.json()))
    .use(async (_c, next) => {
      await misbehave();
      return next();
    });
}
