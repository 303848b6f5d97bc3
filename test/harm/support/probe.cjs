// Preloaded into both programs of a side-by-side run: reports the longest event-loop block and the peak memory at exit.
const { writeFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { isMainThread } = require('node:worker_threads');

const reportPath = process.env.HARM_PROBE_REPORT;
delete process.env.HARM_PROBE_REPORT;
if (isMainThread && reportPath !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  process.once('exit', () => {
    const report = { longestBlockMs: delay.max / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
    writeFileSync(reportPath, JSON.stringify(report));
  });
}
