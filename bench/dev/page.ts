import { TestBrowser } from '../../packages/dev/src/testing/browser.ts';
import { SondeProgram } from '../../packages/dev/src/testing/sonde-program.ts';
import { inSequence, median } from '../measure.ts';
import { encodeLargeTrace } from './spans.ts';

/** Frames of a page while it was scrolled. */
export interface Frames {
  readonly count: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** Frames of more than 50 ms. */
  readonly slow: number;
  /** Processor time of the longest task of the main thread. */
  readonly longestTaskMs: number;
}

/** A large trace on the page. */
export interface LargeTrace {
  readonly frames: Frames;
  /** Time from the key `End`, pressed at the first span, until the last span is shown. */
  readonly endKeyMs: number;
}

/** Times of many requests, in milliseconds. */
export interface Arrivals {
  readonly medianMs: number;
  readonly p95Ms: number;
}

const largeTraceSpans = 50_000;
const rowHeight = 26;
/** Wheel steps of a few rows, and then of more than a screen until the last span is reached. */
const shortStep = { count: 120, pixels: 60 };
const longStep = { pixels: 6000 };
const requests = 100;

/** `GET /api/status` */
interface Status {
  readonly listeners: { readonly http: { readonly port: number } };
}

/** The endpoints of a viewer. */
interface Viewer {
  readonly url: string;
  readonly otlpUrl: string;
}

async function postSpans({ otlpUrl }: Viewer, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

/** Scrolls a trace from its first span to its last by the mouse wheel, faster than anybody reads. */
async function measureLargeTrace(viewer: Viewer): Promise<LargeTrace> {
  const { traceId, messages } = encodeLargeTrace(largeTraceSpans);
  for (const message of messages) await postSpans(viewer, message);
  await using browser = await TestBrowser.start();
  const page = await browser.open(`${viewer.url}traces/${traceId}`);
  const tree = page.getByRole('tree', { name: 'Waterfall' });
  await tree.getByRole('treeitem').nth(20).waitFor();
  const box = await tree.boundingBox();
  if (box === null) throw new Error('the waterfall is not shown');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const shortPixels = shortStep.count * shortStep.pixels;
  const longSteps = Math.ceil((largeTraceSpans * rowHeight - shortPixels) / longStep.pixels);
  // Nothing but the wheel while frames are recorded: looking for a span in the page takes time of its main thread.
  const stop = await record(page);
  await inSequence(shortStep.count + longSteps, async (step) => {
    await page.mouse.wheel(0, step < shortStep.count ? shortStep.pixels : longStep.pixels);
    await page.evaluate('new Promise(requestAnimationFrame)');
  });
  const frames = await stop();
  const lastSpan = `span ${largeTraceSpans - 1}`;
  await tree.getByRole('treeitem', { name: lastSpan }).waitFor();
  await tree.focus();
  await page.keyboard.press('Home');
  await tree.getByRole('treeitem', { name: 'GET /report' }).waitFor();
  const shown = page.evaluate<number>(untilShown(lastSpan));
  const before = Date.now();
  await page.keyboard.press('End');
  return { frames, endKeyMs: (await shown) - before };
}

type Page = Awaited<ReturnType<TestBrowser['open']>>;

const startFrames = `
  globalThis.recording = { frames: [], isRunning: true };
  requestAnimationFrame((first) => {
    let last = first;
    const next = (now) => {
      recording.frames.push(now - last);
      last = now;
      if (recording.isRunning) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });`;

/** An event of Chromium's trace. Durations are microseconds; `tdur` is processor time. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** Records frames in the page, and the tasks of its main thread, until the returned function is called. */
async function record(page: Page): Promise<() => Promise<Frames>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const traceConfig = { includedCategories: ['toplevel'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  await page.evaluate(startFrames);
  return async () => {
    const frames = await page.evaluate<number[]>('Object.assign(recording, { isRunning: false }).frames');
    const { promise, resolve } = Promise.withResolvers<void>();
    session.once('Tracing.tracingComplete', () => resolve());
    await session.send('Tracing.end');
    await promise;
    const threads = new Set(
      events
        .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid} ${tid}`),
    );
    const tasks = events.filter(
      ({ name, pid, tid }) => name.endsWith('RunTask') && threads.has(`${pid} ${tid}`),
    );
    return {
      count: frames.length,
      medianMs: median(frames),
      maxMs: Math.max(...frames),
      slow: frames.filter((ms) => ms > 50.5).length,
      longestTaskMs: Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000)),
    };
  };
}

/** Resolves in the page to the time at which it shows a text. */
const untilShown = (text: string): string => `new Promise((resolve) => {
  const look = () => {
    if (document.body.textContent.includes(${JSON.stringify(text)})) resolve(Date.now());
    else requestAnimationFrame(look);
  };
  look();
})`;

/** Measures the time from the start of a request to its row on the page. @param app the address of a program under `sonde dev` */
async function measureArrivals(viewer: Viewer, app: string, count: number): Promise<Arrivals> {
  await using browser = await TestBrowser.start();
  const page = await browser.open(`${viewer.url}requests`);
  const times = await inSequence(count, async (index) => {
    const path = `/arrivals/${index}`;
    const shown = page.evaluate<number>(untilShown(path));
    const before = Date.now();
    await (await fetch(app + path)).text();
    return (await shown) - before;
  });
  return { medianMs: median(times), p95Ms: times.toSorted((a, b) => a - b)[Math.floor(count * 0.95)] ?? NaN };
}

/** Runs a program under `sonde dev`, and measures its page in Chromium. */
export async function measurePage(): Promise<{ arrivals: Arrivals; largeTrace: LargeTrace }> {
  const args = ['dev', '--port=0', '--otlp-port=0', '--no-grpc', '--', 'node', 'app.mjs'];
  await using sonde = SondeProgram.start(args, import.meta.dirname);
  await sonde.printed('listens on');
  await sonde.printed('open http');
  const [, url = ''] = /^open (\S+)$/m.exec(sonde.stderr) ?? [];
  const [, app = ''] = /listens on (\S+)/.exec(sonde.stdout) ?? [];
  const status = (await (await fetch(`${url}api/status`)).json()) as Status;
  const viewer = { url, otlpUrl: `http://127.0.0.1:${status.listeners.http.port}` };
  const arrivals = await measureArrivals(viewer, app, requests);
  return { arrivals, largeTrace: await measureLargeTrace(viewer) };
}
