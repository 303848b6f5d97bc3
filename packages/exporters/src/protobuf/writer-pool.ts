import { ProtobufWriter } from './writer.ts';

const maxSpares = 4;
const spares: ProtobufWriter[] = [];

/** An empty writer, with the buffer of one that is not used any more where there is one. */
export function acquireWriter(): ProtobufWriter {
  return spares.pop() ?? new ProtobufWriter(16 * 1024);
}

/** Takes a writer back. Nobody may use it after that. */
export function releaseWriter(writer: ProtobufWriter): void {
  writer.clear();
  if (spares.length < maxSpares) spares.push(writer);
}
