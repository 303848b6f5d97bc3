import type { Row, Seconds } from '../row.ts';
import { limiting, refusing } from '../receiver/faults.ts';
import {
  failingGrpc,
  failingWith,
  goingDown,
  silentHandshake,
  unresolvableName,
  withoutDescriptors,
  wrongCertificate,
} from './stages.ts';
import { refusingGrpc } from '../receiver/grpc-receiver.ts';

const short: Seconds = { before: 1, during: 6, after: 3 };
const lasting = (during: number, after = 15): Row['seconds'] => ({
  full: { before: 5, during, after },
  short,
});

/** Faults that pass: Sonde keeps everything that was recorded meanwhile. */
export const outages: readonly Row[] = [
  {
    title: 'no fault',
    stage: goingDown,
    seconds: { full: { before: 15, during: 0, after: 0 }, short: { before: 4, during: 0, after: 0 } },
    floor: 'nothing is lost',
  },
  {
    title: 'down at start',
    stage: goingDown,
    seconds: { full: { before: 0, during: 10, after: 10 }, short: { ...short, before: 0 } },
    floor: 'nothing is lost',
  },
  {
    title: 'down for 30 s',
    stage: goingDown,
    seconds: lasting(30),
    floor: 'nothing is lost',
  },
  {
    title: 'down for 30 s, without load meanwhile',
    stage: goingDown,
    seconds: lasting(30),
    isIdleDuringFault: true,
    floor: 'nothing is lost',
  },
  {
    title: 'down for 120 s',
    stage: goingDown,
    seconds: { full: { before: 5, during: 120, after: 20 }, short: { before: 1, during: 12, after: 3 } },
    floor: 'nothing is lost',
  },
  ...[503, 502, 429, 408].map((status) => ({
    title: `status ${status} for 20 s`,
    stage: failingWith(() => refusing(status, 'try again')),
    seconds: lasting(20),
    floor: 'nothing is lost' as const,
  })),
  {
    title: 'status 503 for 20 s, Retry-After: 60',
    stage: failingWith((scale) =>
      refusing(503, 'try again', () => ({ 'retry-after': scale === 'full' ? '60' : '3' })),
    ),
    seconds: { full: { before: 5, during: 20, after: 75 }, short: { before: 1, during: 5, after: 5 } },
    floor: 'nothing is lost',
  },
  {
    title: 'status 503 for 20 s, Retry-After as a date',
    stage: failingWith(() =>
      refusing(503, 'try again', () => ({ 'retry-after': new Date(Date.now() + 3000).toUTCString() })),
    ),
    seconds: lasting(20),
    floor: 'nothing is lost',
  },
  {
    title: 'status 503 for 20 s, Retry-After invalid',
    stage: failingWith(() => refusing(503, 'try again', () => ({ 'retry-after': 'soon' }))),
    seconds: lasting(20),
    floor: 'nothing is lost',
  },
  {
    title: 'status 413 above 64 kB',
    stage: failingWith(() => limiting(64_000)),
    seconds: { full: { before: 0, during: 20, after: 0 }, short: { before: 0, during: 6, after: 0 } },
    // Requests of 512 items without compression are larger.
    env: { OTEL_EXPORTER_OTLP_COMPRESSION: 'none' },
    attributeBytes: 256,
    endsFaulty: true,
    floor: 'nothing is lost',
  },
  {
    title: 'name does not resolve for 15 s',
    stage: unresolvableName,
    seconds: lasting(15, 20),
    floor: 'nothing is lost',
  },
  {
    title: 'wrong certificate for 15 s',
    stage: wrongCertificate,
    seconds: lasting(15, 20),
    floor: 'nothing is lost',
  },
  {
    title: 'no answer to the TLS handshake for 15 s',
    stage: silentHandshake,
    runsIntoTimeout: true,
    seconds: lasting(15, 20),
    floor: 'nothing is lost',
  },
  {
    title: 'no descriptor for a connection for 15 s (EMFILE)',
    stage: withoutDescriptors,
    seconds: lasting(15),
    exhaustsDescriptors: true,
    floor: 'nothing is lost',
  },
  {
    title: 'gRPC, down for 30 s',
    stage: failingGrpc('down'),
    seconds: lasting(30),
    floor: 'nothing is lost',
  },
  {
    title: 'gRPC, UNAVAILABLE for 20 s',
    stage: failingGrpc(refusingGrpc(14, 'try again')),
    seconds: lasting(20),
    floor: 'nothing is lost',
  },
  {
    title: 'delta metrics, down for 20 s',
    stage: goingDown,
    seconds: lasting(20),
    env: { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' },
    floor: 'nothing is lost',
  },
];
