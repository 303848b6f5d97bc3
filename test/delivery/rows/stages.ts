import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
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

/** Creates a receiver in whose place a server accepts connections during the fault and never answers a TLS handshake. */
export async function silentHandshake(_scale: Scale, folder: string): Promise<Stage | undefined> {
  const identity = await selfSigned();
  if (identity === undefined) return undefined;
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, identity.cert);
  const receiver = await HttpReceiver.create(identity);
  await receiver.up();
  const accepted = new Set<Socket>();
  const silent = createServer((socket) => {
    // A connection may still arrive while the server closes.
    if (!silent.listening) socket.destroy();
    accepted.add(socket);
    socket.on('error', () => {});
  });
  const silence = async (): Promise<void> => {
    if (!silent.listening) return;
    silent.close();
    for (const socket of accepted) socket.destroy();
    // The event 'close' would wait for a connection that is being accepted.
    await nextTurn();
  };
  return {
    receiver,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${receiver.port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: authority,
    },
    fail: async () => {
      await receiver.down();
      silent.listen(receiver.port, '127.0.0.1');
      await once(silent, 'listening');
    },
    recover: async () => {
      await silence();
      await receiver.up();
    },
    [Symbol.asyncDispose]: async () => {
      await silence();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

/** Creates a receiver to which the subject can open no connection during the fault, because it has no descriptor left. */
export const withoutDescriptors = async (): Promise<Stage> => {
  const receiver = await HttpReceiver.create();
  await receiver.up();
  return {
    receiver,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}` },
    wrapper: ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh'],
    // The subject opens files meanwhile.
    fail: () => {
      receiver.disconnect();
      return Promise.resolve();
    },
    recover: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};

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
