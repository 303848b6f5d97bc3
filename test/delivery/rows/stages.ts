import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../support/run.ts';
import { selfSigned } from '../../zero-code/support/tls.ts';
import { accepting, type Fault } from '../receiver/faults.ts';
import { GrpcReceiver, type GrpcFault } from '../receiver/grpc-receiver.ts';
import { HttpReceiver } from '../receiver/http-receiver.ts';
import type { Scale, Stage } from '../row.ts';

async function httpStage(
  fail: (receiver: HttpReceiver) => Promise<void>,
  recover: (receiver: HttpReceiver) => Promise<void>,
): Promise<Stage> {
  const receiver = await HttpReceiver.create();
  await receiver.up();
  return {
    receiver,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}` },
    fail: () => fail(receiver),
    recover: () => recover(receiver),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

/** Creates a receiver that refuses connections during the fault. */
export const goingDown = (): Promise<Stage> =>
  httpStage(
    (receiver) => receiver.down(),
    (receiver) => receiver.up(),
  );

/** Creates a receiver that treats requests in another way during the fault. */
export const failingWith =
  (fault: (scale: Scale) => Fault) =>
  (scale: Scale): Promise<Stage> =>
    httpStage(
      (receiver) => receiver.up(fault(scale)),
      (receiver) => receiver.up(accepting),
    );

/** Creates a gRPC receiver that refuses connections, or answers in another way, during the fault. */
export const failingGrpc = (fault: GrpcFault | 'down') => async (): Promise<Stage> => {
  const receiver = await GrpcReceiver.create();
  await receiver.up();
  return {
    receiver,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    },
    fail: () => (fault === 'down' ? receiver.down() : receiver.up(fault)),
    recover: () => receiver.up(),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};

/** Creates a receiver that presents a certificate of another authority during the fault. */
export async function wrongCertificate(_scale: Scale, folder: string): Promise<Stage | undefined> {
  const right = await selfSigned();
  const wrong = await selfSigned();
  if (right === undefined || wrong === undefined) return undefined;
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, right.cert);
  const receiver = await HttpReceiver.create(right);
  await receiver.up();
  const present = (identity: typeof right): Promise<void> => {
    receiver.present(identity);
    receiver.disconnect();
    return Promise.resolve();
  };
  return {
    receiver,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${receiver.port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: authority,
    },
    fail: () => present(wrong),
    recover: () => present(right),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

const hostName = 'receiver.test';

/** Creates a receiver whose name does not resolve during the fault. */
export async function unresolvableName(_scale: Scale, folder: string): Promise<Stage | undefined> {
  const hosts = join(folder, 'hosts');
  const unknown = '127.0.0.1 localhost\n';
  const known = `${unknown}127.0.0.1 ${hostName}\n`;
  await writeFile(hosts, known);
  // Only the subject sees this file as /etc/hosts.
  const wrapper = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  const [command, ...args] = [...wrapper, 'true'];
  if ((await run(command, args, folder)).code !== 0) return undefined;
  const receiver = await HttpReceiver.create();
  await receiver.up();
  return {
    receiver,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${hostName}:${receiver.port}` },
    wrapper,
    fail: async () => {
      await writeFile(hosts, unknown);
      receiver.disconnect();
    },
    recover: () => writeFile(hosts, known),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}
