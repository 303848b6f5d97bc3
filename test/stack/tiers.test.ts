import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { before, test, type TestContext } from 'node:test';
import { buildCollector, type CollectorConfig } from '../support/collector.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { findProgram } from '../support/run.ts';
import { injectFaults, type Shop, startShop } from '../support/shop.ts';
import { Tiers } from '../support/tiers.ts';

const timeout = 120_000;
const spansOfAnOrder = 6;
/** The first time, and once for each attempt until the name is looked up again. */
const mostTimes = 4;

let binary: string | undefined;
let reason = '';
before(
  async () => {
    const go = await findProgram('go');
    if (go === undefined) reason = 'Go, to build the Collector';
    else if (spawnSync('unshare', ['--mount', 'true']).status !== 0) reason = 'unshare --mount';
    else binary = await buildCollector(go);
  },
  { timeout: 600_000 },
);

/** Two tiers with a back end behind each Collector of the second one, and a shop in front. */
interface Scene {
  readonly tiers: Tiers;
  readonly sinks: readonly [OtlpSink, OtlpSink];
  readonly shop: Shop;
  /** Waits until received data fulfills a condition, or the test times out. */
  readonly until: (isSo: () => boolean) => Promise<void>;
}

/** A test of both tiers. */
function withTiers(
  name: string,
  adapt: (config: CollectorConfig) => void,
  body: (scene: Scene, t: TestContext) => Promise<void>,
): void {
  test(name, { timeout }, async (t) => {
    if (binary === undefined) return needs(t, reason);
    await using left = await OtlpSink.start();
    await using right = await OtlpSink.start();
    await using tiers = await Tiers.start(binary, [left.url, right.url], (config) => {
      if (config.processors.tail_sampling) config.processors.tail_sampling.decision_wait = '1s';
      if (config.connectors) config.connectors.span_metrics.metrics_flush_interval = '1s';
      adapt(config);
    });
    await using shop = await startShop((service) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: tiers.urls[service === 'catalogue' ? 1 : 0] ?? '',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRICS_EXPORTER: 'none',
    }));
    const sinks = [left, right] as const;
    const until = async (isSo: () => boolean): Promise<void> => {
      await Promise.race(sinks.map((sink) => sink.until(() => isSo() || undefined, t.signal)));
    };
    await body({ tiers, sinks, shop, until }, t);
  });
}

/** Keeps all traces, so that they can be counted. */
const keepAll = ({ processors }: CollectorConfig): void => {
  for (const policy of processors.tail_sampling?.policies ?? []) {
    if (policy.type === 'probabilistic')
      Object.assign(policy, { probabilistic: { sampling_percentage: 100 } });
  }
};

/**
 * Orders something under trace ids of the client's own, one order after the other.
 *
 * @param traceIds gets the ids of the orders that were answered
 */
async function order({ gateway }: Shop, count: number, traceIds: string[] = []): Promise<readonly string[]> {
  for (let index = 0; index < count; index += 1) {
    const traceId = randomBytes(16).toString('hex');
    const headers = {
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    };
    const body = JSON.stringify({ product: 'bread', quantity: 1 });
    await (await fetch(`${gateway.url}/orders`, { method: 'POST', headers, body })).arrayBuffer();
    traceIds.push(traceId);
  }
  return traceIds;
}

/** The ids of the spans of each trace. */
function spanIdsByTrace({ spans }: { readonly spans: readonly Received[] }): Map<string, Set<string>> {
  const byTrace = new Map<string, Set<string>>();
  for (const { traceId, spanId } of spans) {
    byTrace.set(traceId, (byTrace.get(traceId) ?? new Set()).add(spanId));
  }
  return byTrace;
}

/** The ids of the spans of each trace, on whichever side they are. */
function spanIdsOfAll(sinks: Scene['sinks']): Map<string, Set<string>> {
  return spanIdsByTrace({ spans: sinks.flatMap(({ spans }) => spans) });
}

/** Waits until all spans of these traces are there, on whichever side. */
async function untilThere({ sinks, until }: Scene, traceIds: readonly string[]): Promise<void> {
  await until(() => {
    const all = spanIdsOfAll(sinks);
    return traceIds.every((id) => all.get(id)?.size === spansOfAnOrder);
  });
}

/** Whether a side has any of these traces. */
const hasSome = ({ spans }: OtlpSink, traceIds: readonly string[]): boolean =>
  spans.some(({ traceId }) => traceIds.includes(traceId));

/** Whether all spans of each of these traces are on one side. */
function areWhole(sinks: Scene['sinks'], traceIds: readonly string[]): boolean {
  const sides = sinks.map(spanIdsByTrace);
  return traceIds.every((id) => sides.some((side) => side.get(id)?.size === spansOfAnOrder));
}

withTiers('the spans of a trace meet on one Collector', keepAll, async (scene) => {
  const { sinks, shop } = scene;
  const traceIds = await order(shop, 40);
  await untilThere(scene, traceIds);
  assert.ok(areWhole(sinks, traceIds));

  const [left, right] = sinks.map(spanIdsByTrace);
  const whole = (side: typeof left): number => traceIds.filter((id) => side?.has(id)).length;
  assert.ok(whole(left) > 0 && whole(right) > 0, 'both have some');
  assert.equal(whole(left) + whole(right), traceIds.length, 'no trace is on both');
  const measured = ({ metrics }: OtlpSink): true | undefined =>
    metrics.some(({ name }) => name === 'traces.span.metrics.calls') || undefined;
  await Promise.all(sinks.map((sink) => sink.until(measured)));
});

const asItIs = (): void => {};

withTiers('traces with an error are kept, and some of the others', asItIs, async ({ sinks, shop, until }) => {
  const healthy = await order(shop, 60);
  await injectFaults(shop.catalogue, { errors: 1, slow: 0, blocked: 0 });
  const failed = await order(shop, 20);
  await injectFaults(shop.catalogue, { errors: 0, slow: 0, blocked: 0 });
  const last = await order(shop, 60);

  const has = (id: string): boolean => sinks.some(({ spans }) => spans.some(({ traceId }) => traceId === id));
  // Decisions follow the order of arrival: when one of the last traces is kept, the others are decided.
  await until(() => failed.every(has) && last.some(has));
  const kept = [...healthy, ...last].filter(has).length;
  assert.ok(kept > 0 && kept < healthy.length + last.length, `${kept} healthy traces were kept`);
});

withTiers('a Collector of the second tier is lost during load', keepAll, async (scene, t) => {
  const { tiers, sinks, shop } = scene;
  await untilThere(scene, await order(shop, 40));

  const during = [...(await order(shop, 40))];
  const load = order(shop, 80, during);
  await tiers.kill(1);
  // One more may have been under way.
  const atLoss = during.length + 1;
  await load;
  await untilThere(scene, during.slice(atLoss));
  assert.ok(areWhole(sinks, during.slice(atLoss)));
  await tiers.revive(1);
  // The Collectors of the first tier refresh DNS at different times, so traces can be split until both have done so.
  let after: readonly string[];
  do {
    after = await order(shop, 40);
    await untilThere(scene, after);
  } while (!areWhole(sinks, after) || !sinks.every((sink) => hasSome(sink, after)));

  const arrived = spanIdsOfAll(sinks);
  const sizes = during.map((id) => arrived.get(id)?.size ?? 0);
  const whole = sizes.filter((size) => size === spansOfAnOrder).length;
  const lost = sizes.filter((size) => size === 0).length;
  t.diagnostic(`${atLoss} of ${during.length} traces were sent before the loss`);
  t.diagnostic(`${whole} arrived whole, ${sizes.length - whole - lost} in part, ${lost} not at all`);
  assert.ok(whole >= during.length - atLoss);

  const times = new Map<string, number>();
  for (const { spanId } of sinks.flatMap(({ spans }) => spans)) {
    times.set(spanId, (times.get(spanId) ?? 0) + 1);
  }
  const most = Math.max(...times.values());
  const again = [...times.values()].filter((count) => count > 1).length;
  t.diagnostic(`${again} of ${times.size} spans arrived more than once, at most ${most} times`);
  assert.ok(most <= mostTimes, `a span arrived ${most} times`);
});
