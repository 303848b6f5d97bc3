import type { Row } from '../row.ts';
import {
  answering,
  closingAfter,
  delaying,
  dribbling,
  halving,
  hanging,
  redirecting,
  refusing,
  resettingBeforeAnswer,
  resettingInBody,
  truncating,
} from '../receiver/faults.ts';
import { failingGrpc, failingWith } from './stages.ts';
import { limitingGrpc } from '../receiver/grpc-receiver.ts';

const throughout = (full: number, short = 6): Row['seconds'] => ({
  full: { before: 0, during: full, after: 0 },
  short: { before: 0, during: short, after: 0 },
});
const lasting = (during: number, after = 15): Row['seconds'] => ({
  full: { before: 5, during, after },
  short: { before: 1, during: 5, after: 3 },
});
const protobuf = 'application/x-protobuf';

/** Refusals that do not pass by retrying, and unusual answers. */
export const answers: readonly Row[] = [
  ...[
    { status: 500, reason: 'out of order' },
    { status: 400, reason: 'bad resource' },
  ].map(({ status, reason }) => ({
    title: `status ${status} for 10 s`,
    stage: failingWith(() => refusing(status, reason)),
    seconds: lasting(10, 10),
    floor: 'losses are reported' as const,
  })),
  {
    title: 'status 401 for 10 s',
    stage: failingWith(() => refusing(401, 'token expired')),
    seconds: lasting(10, 40),
    floor: 'nothing is lost',
  },
  {
    title: 'status 307',
    stage: failingWith(() => redirecting),
    seconds: lasting(10, 10),
    floor: 'losses are reported',
  },
  {
    title: 'partial success: half is rejected',
    stage: failingWith(() => halving),
    seconds: throughout(15),
    endsFaulty: true,
    floor: 'losses are reported',
  },
  {
    title: 'status 200 with a corrupt body',
    stage: failingWith(() => answering(protobuf, Buffer.alloc(64, 0xff))),
    seconds: throughout(15),
    endsFaulty: true,
    floor: 'nothing is lost',
  },
  {
    title: 'status 200 with HTML',
    stage: failingWith(() => answering('text/html', '<html><body>Welcome</body></html>')),
    seconds: throughout(15),
    endsFaulty: true,
    floor: 'nothing is lost',
  },
  {
    title: 'status 200 with 10 MB',
    stage: failingWith(() => answering(protobuf, Buffer.alloc(10_000_000))),
    seconds: throughout(15),
    endsFaulty: true,
    floor: 'nothing is lost',
  },
  {
    title: 'status 200 cut off, received',
    stage: failingWith(() => truncating),
    seconds: lasting(10),
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'answer that dribbles for 20 s, received',
    stage: failingWith(() => dribbling),
    runsIntoTimeout: true,
    seconds: lasting(20),
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'no answer for 20 s',
    stage: failingWith(() => hanging(false)),
    runsIntoTimeout: true,
    seconds: lasting(20),
    floor: 'nothing is lost',
  },
  {
    title: 'no answer for 20 s, received',
    stage: failingWith(() => hanging(true)),
    runsIntoTimeout: true,
    seconds: lasting(20),
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'reset in the body for 10 s',
    stage: failingWith(() => resettingInBody),
    seconds: lasting(10),
    floor: 'nothing is lost',
  },
  {
    title: 'reset before the answer for 10 s, received',
    stage: failingWith(() => resettingBeforeAnswer),
    seconds: lasting(10),
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'connection closed 1 ms after each answer',
    stage: failingWith(() => closingAfter(1)),
    seconds: throughout(15),
    endsFaulty: true,
    floor: 'nothing is lost',
  },
  {
    title: 'connection closed when it is reused',
    // The delay of log records: the receiver closes in the moment of the next request.
    stage: failingWith((scale) => closingAfter(scale === 'full' ? 1000 : 200)),
    seconds: throughout(25),
    endsFaulty: true,
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'answer after 2 s',
    stage: failingWith((scale) => delaying(scale === 'full' ? 2000 : 600)),
    seconds: throughout(30),
    // An export of metrics may take as long as their interval.
    env: { OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '5000' },
    endsFaulty: true,
    // The process ends before the last answers.
    persistsUnacknowledged: true,
    floor: 'nothing is lost',
  },
  {
    title: 'gRPC, RESOURCE_EXHAUSTED above 64 kB',
    stage: failingGrpc(limitingGrpc(64_000)),
    seconds: throughout(20),
    attributeBytes: 256,
    endsFaulty: true,
    floor: 'nothing is lost',
  },
];
