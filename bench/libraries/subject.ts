import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { peerFolder } from '../peer.ts';

/** Processor time and spans of a slice, per operation. */
export interface Slice {
  readonly cpuUs: number;
  readonly spans: number;
}

/** A process with one library and one set-up of telemetry. */
export interface Subject {
  readonly run: (count: number) => Promise<Slice>;
  readonly stop: () => void;
}

async function message<Message>(child: ChildProcess): Promise<Message> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [received]: Message[] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a subject ended with ${code}`);
      }),
    ]);
    return received as Message;
  } finally {
    settled.abort();
  }
}

const forkPeer = (file: string, args: readonly string[]): ChildProcess =>
  fork(join(peerFolder('libraries'), file), args, { execArgv: ['--expose-gc'] });

/** Starts a client, whose operations run in sequence. */
export async function startClient(telemetry: string, library: string): Promise<Subject> {
  const child = forkPeer('client.cjs', [telemetry, library]);
  await message(child);
  return {
    stop: () => child.kill('SIGKILL'),
    run: async (count) => {
      child.send(count);
      const { cpu, spans } = await message<{ cpu: number; spans: number }>(child);
      return { cpuUs: cpu, spans: spans / count };
    },
  };
}

const pipelined = 20;
const request = 'GET /users/42 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(pipelined);

/** Sends requests in groups on one connection: their responses end with the same text. */
async function sendRequests(socket: Socket, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += pipelined) {
    socket.write(request);
    let responses = 0;
    while (responses < pipelined) {
      // oxlint-disable-next-line no-await-in-loop -- one group at a time
      const [chunk]: Buffer[] = await once(socket, 'data');
      responses += (chunk?.toString('latin1').split('{"id":"42"}').length ?? 1) - 1;
    }
  }
}

/** Starts a server, and a connection to it. */
export async function startServer(telemetry: string, library: string): Promise<Subject> {
  const child = forkPeer('server.cjs', [telemetry, library]);
  const { port } = await message<{ port: number }>(child);
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const usage = async (): Promise<{ cpu: number; spans: number }> => {
    child.send('usage');
    return message(child);
  };
  return {
    stop: () => {
      socket.destroy();
      child.kill('SIGKILL');
    },
    run: async (count) => {
      const before = await usage();
      await sendRequests(socket, count);
      const after = await usage();
      return { cpuUs: (after.cpu - before.cpu) / count, spans: (after.spans - before.spans) / count };
    },
  };
}
