// Records numbered spans and log records, and counts, at fixed rates, then ends in one of several ways. Runs next to the
// node_modules of each column, so it is plain JavaScript that imports the OpenTelemetry API alone.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { metrics, trace } from '@opentelemetry/api';

const {
  logsModule,
  stateFile,
  spansPerSecond,
  logsPerSecond,
  seconds,
  pause = [Infinity, Infinity],
  exhaust = [Infinity, Infinity],
  attributeBytes,
  ending,
} = JSON.parse(process.env.DELIVERY_SUBJECT);

const { logs } = await import(logsModule);
const tracer = trace.getTracer('delivery');
const logger = logs.getLogger('delivery');
const counter = metrics.getMeter('delivery').createCounter('work');

const resolutionMs = 10;
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
const stateDescriptor = openSync(stateFile, 'w');
const made = { spans: 0, logs: 0, counts: 0 };
let firstRssMb = 0;
let peakRssMb = 0;

/** Writes synchronously, so that a kill cannot lose the numbers. */
function saveState() {
  const longestBlockMs = Math.max(0, Math.round(delays.max / 1e6 - resolutionMs));
  const state = { ...made, longestBlockMs, firstRssMb, peakRssMb };
  writeSync(stateDescriptor, JSON.stringify(state).padEnd(200), 0);
}

const held = [];

function measureMemory() {
  // It needs a descriptor too.
  if (held.length > 0) return;
  const rssMb = Math.round(process.memoryUsage.rss() / 2 ** 20);
  firstRssMb ||= rssMb;
  peakRssMb = Math.max(peakRssMb, rssMb);
}

const text = () => (attributeBytes > 0 ? { text: randomBytes(attributeBytes / 2).toString('hex') } : {});

function record(elapsedSeconds) {
  const [pausedAt, resumedAt] = pause;
  const paused = Math.max(0, Math.min(elapsedSeconds, resumedAt) - pausedAt);
  const activeSeconds = Math.min(elapsedSeconds, seconds) - paused;
  const spansDue = Math.floor(activeSeconds * spansPerSecond);
  const logsDue = Math.floor(activeSeconds * logsPerSecond);
  for (; made.spans < spansDue; made.spans++) {
    tracer.startSpan('work', { attributes: { seq: made.spans, ...text() } }).end();
    counter.add(1);
    made.counts++;
  }
  for (; made.logs < logsDue; made.logs++) {
    const attributes = { seq: made.logs, ...text() };
    logger.emit({ severityNumber: 9, severityText: 'INFO', body: 'worked', attributes });
  }
}

/** Holds all file descriptors for some time. */
function holdDescriptors(elapsedSeconds) {
  const [from, to] = exhaust;
  if (elapsedSeconds >= to) for (const descriptor of held.splice(0)) closeSync(descriptor);
  else if (elapsedSeconds >= from) {
    try {
      for (;;) held.push(openSync('/dev/null'));
    } catch (error) {
      if (error.code !== 'EMFILE') throw error;
    }
  }
}

function finish() {
  saveState();
  console.log('finished');
  if (ending === 'process.exit()') process.exit();
  if (ending === 'crash') throw new Error('the subject crashes');
  // A signal is awaited; at a normal end, nothing keeps the process alive.
  if (ending !== 'normal end') setInterval(() => {}, 1000);
}

console.log('ready');
const begunMs = performance.now();
delays.enable();
measureMemory();
const memory = setInterval(measureMemory, 100);
const load = setInterval(() => {
  const elapsedSeconds = (performance.now() - begunMs) / 1000;
  record(elapsedSeconds);
  holdDescriptors(elapsedSeconds);
  saveState();
  if (elapsedSeconds < seconds) return;
  clearInterval(load);
  clearInterval(memory);
  finish();
}, 10);
