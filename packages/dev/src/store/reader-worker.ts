import { parentPort, workerData } from 'node:worker_threads';
import { queries } from '../views/queries.ts';
import { Database } from '../views/database.ts';
import type { Numbered, ReaderRequest } from './messages.ts';
import { openForReading } from './open-database.ts';

const port = parentPort;
if (port === null) throw new Error('this file is a worker thread');
const { path, fullText } = workerData as { readonly path: string; readonly fullText: boolean };
const connection = openForReading(path);
const database = new Database(connection, fullText);

/** A query answers JSON as text: a text is handed to the main thread cheaper than what it stands for. */
function answer(request: Numbered<ReaderRequest>): void {
  const { id, name, parameters } = request;
  try {
    if (name === 'close') {
      connection.close();
      port?.close();
      return;
    }
    const query = queries.get(name);
    if (query === undefined) throw new Error(`no query has the name ${name}`);
    const value = JSON.stringify(query(database, parameters as never));
    port?.postMessage({ type: 'answer', id, value });
  } catch (thrown) {
    const {
      message,
      name: kind,
      position,
      status,
    } = thrown as Error & { position?: number; status?: number };
    port?.postMessage({ type: 'answer', id, error: { name: kind, message, position, status } });
  }
}

port.on('message', answer);
