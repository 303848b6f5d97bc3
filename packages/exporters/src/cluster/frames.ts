import type { Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

import type { Batch } from './batch.ts';

/** A message between the processes of a cluster. */
export type Frame =
  | { readonly type: 'join'; readonly id: string }
  | { readonly type: 'joined'; readonly url: string }
  | { readonly type: 'collect'; readonly collectionId: number }
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'pushed' }
  | { readonly type: 'collected'; readonly collectionId: number };

const headerBytes = 4;
const maxFrameBytes = 64 * 1024 * 1024;

/** Sends one frame. */
export function send(socket: Socket, frame: Frame): void {
  const body = serialize(frame);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(body.length);
  socket.write(Buffer.concat([header, body]));
}

/** Calls `onFrame` with each received frame. Disconnects a peer that sends invalid data. */
export function receive(socket: Socket, onFrame: (frame: Frame) => void): void {
  let parts: Buffer[] = [];
  let size = 0;
  socket.on('data', (data) => {
    parts.push(data);
    size += data.length;
    try {
      while (size >= headerBytes) {
        const buffer: Buffer = parts.length === 1 ? (parts[0] ?? data) : Buffer.concat(parts);
        parts = [buffer];
        const length = buffer.readUInt32LE();
        if (length > maxFrameBytes) throw new Error('frame too long');
        if (size < headerBytes + length) return;
        const frame: unknown = deserialize(buffer.subarray(headerBytes, headerBytes + length));
        parts = [buffer.subarray(headerBytes + length)];
        size -= headerBytes + length;
        if (isFrame(frame)) onFrame(frame);
      }
    } catch {
      socket.destroy();
    }
  });
}

function isFrame(value: unknown): value is Frame {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
