import { rm } from 'node:fs/promises';
import { buildCollector, collectorPlaces, startCollector } from '../../support/collector.ts';
import { findProgram } from '../../support/run.ts';
import { HttpReceiver } from '../receiver/http-receiver.ts';
import type { Row, Scale, Stage } from '../row.ts';

/** Creates a real Collector with the configuration of the stack, in front of the receiver; it is killed and started again. */
async function killedCollector(_scale: Scale, _folder: string): Promise<Stage | undefined> {
  const go = await findProgram('go');
  if (go === undefined) return undefined;
  const binary = await buildCollector(go);
  const receiver = await HttpReceiver.create();
  await receiver.up();
  const places = await collectorPlaces(`http://127.0.0.1:${receiver.port}`);
  let collector = await startCollector(binary, places);
  return {
    receiver,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${places.otlpPort}` },
    fail: async () => {
      collector.kill('SIGKILL');
      await collector.ended;
    },
    recover: async () => {
      collector = await startCollector(binary, places);
    },
    forwardsLater: true,
    [Symbol.asyncDispose]: async () => {
      await collector[Symbol.asyncDispose]();
      await receiver[Symbol.asyncDispose]();
      await rm(places.storage, { recursive: true, force: true });
    },
  };
}

/** Outages of a real Collector: what it acknowledged is in its queue on disk, the rest waits in the program. */
export const collectorOutages: readonly Row[] = [
  {
    title: 'a Collector is killed, and back after 20 s',
    stage: killedCollector,
    seconds: { full: { before: 5, during: 20, after: 15 }, short: { before: 2, during: 5, after: 4 } },
    // The Collector is killed between its write to the queue and its answer.
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
];
