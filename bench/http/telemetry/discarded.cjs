// Exporters that count items and discard them, except for verification.

const looksAtIt = process.env.BENCH_VERIFY === '1';
const seen = { spans: 0, records: 0, samples: [] };

const getSample = (item) => ({
  kind: item.kind,
  traceId: item.spanContext?.traceId ?? item.spanContext?.().traceId,
  route: item.attributes?.['http.route'],
});

class Discarded {
  #signal;

  constructor(signal) {
    this.#signal = signal;
  }

  export(items, done) {
    if (this.#signal === 'metrics') this.#measure(items);
    else {
      seen[this.#signal] += items.length;
      if (looksAtIt)
        for (const item of items) seen.samples.push({ signal: this.#signal, ...getSample(item) });
    }
    done({ code: 0 });
  }

  selectAggregationTemporality() {
    return 1;
  }

  async forceFlush() {}

  async shutdown() {}

  #measure({ scopeMetrics }) {
    if (!looksAtIt) return;
    for (const { metrics } of scopeMetrics) {
      for (const { descriptor, dataPoints } of metrics) {
        const values = dataPoints.map(({ value }) => value.count ?? 0);
        seen.samples.push({
          signal: 'metrics',
          name: descriptor.name,
          count: values.reduce((a, b) => a + b, 0),
        });
      }
    }
  }
}

/** Counts of all exporters. */
exports.seen = () => seen;

/** Creates an exporter that discards `spans`, `records` or `metrics`. */
exports.discarded = (signal) => new Discarded(signal);
