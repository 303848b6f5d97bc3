import { parentPort, workerData } from 'node:worker_threads';
import type { Numbered, WorkerSettings, WriterEvent, WriterRequest } from './messages.ts';
import { openForWriting } from './open-database.ts';
import { Writer } from './writer.ts';

// How long what has arrived waits for more, so that many requests share one transaction.
const commitDelayMs = 20;
const maxItems = 5000;
const boundsCheckMs = 1000;

const port = parentPort;
if (port === null) throw new Error('this file is a worker thread');
const settings = workerData as WorkerSettings;

function post(event: WriterEvent): void {
  port?.postMessage(event);
}

function start(): void {
  const database = openForWriting(settings.path, settings.isTemporary);
  const writer = new Writer(
    database,
    settings,
    settings.isTemporary ? null : settings.path,
    settings.fullText,
  );
  let timer: NodeJS.Timeout | undefined;
  let items = 0;

  const commit = (): void => {
    clearTimeout(timer);
    timer = undefined;
    items = 0;
    writer.refresh();
    const change = writer.commit();
    if (change === undefined) return;
    post({ type: 'change', change });
    if (writer.isFull) keepBounds();
  };
  const keepBounds = (): void => {
    const evicted = writer.keepBounds();
    if (evicted !== undefined) post({ type: 'evicted', evicted, usage: writer.usage() });
  };
  const bounds = setInterval(() => {
    commit();
    keepBounds();
  }, boundsCheckMs);

  const handle = (request: WriterRequest): unknown => {
    switch (request.type) {
      case 'ingest': {
        const result = writer.ingest(request.signal, request.encoding, request.body);
        items += result.items;
        if (items >= maxItems) commit();
        else timer ??= setTimeout(commit, commitDelayMs);
        return result;
      }
      case 'flush':
        commit();
        writer.refresh(true);
        return writer.usage();
      case 'usage':
        return writer.usage();
      case 'clear':
        commit();
        writer.clear();
        return writer.usage();
      case 'pause':
      case 'resume':
        writer.paused = request.type === 'pause';
        return writer.usage();
      default:
        commit();
        clearInterval(bounds);
        database.exec('PRAGMA optimize');
        database.close();
        port?.close();
        return undefined;
    }
  };

  port?.on('message', (request: Numbered<WriterRequest>) => {
    const { id } = request;
    try {
      const value = handle(request);
      port?.postMessage({ type: 'answer', id, value });
    } catch (thrown) {
      const { name, message } = thrown as Error;
      port?.postMessage({ type: 'answer', id, error: { name, message } });
    }
  });
  post({ type: 'ready', fullText: writer.fullText, usage: writer.usage() });
}

try {
  start();
} catch (thrown) {
  post({ type: 'failed', message: (thrown as Error).message });
}
