import { connect } from 'node:net';

import { moduleKind } from '../config/package-json.ts';
import { version } from '../version.ts';
import { printLine } from './notice.ts';
import { suppressed } from '@sonde/sdk';

/** Where one signal goes, for the start-up line. */
export interface SignalDestinations {
  readonly signal: string;
  readonly destinations: readonly Destination[];
}

/** One place telemetry goes to: what to call it, and, if that is known only later, how it fared. */
export interface Destination {
  readonly name: string;
  readonly probe?: Promise<string>;
}

const probeMs = 1000;

/** Whether somebody listens at an address: resolves to '' or to ` (unreachable: CODE)`. Keeps no process alive. */
export function probeEndpoint(url: URL): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const host = url.hostname.replace('[', '').replace(']', '');
  const socket = suppressed(() => connect({ host, port, timeout: probeMs }));
  socket.unref();
  const settle = (outcome: string): void => {
    resolve(outcome);
    socket.destroy();
  };
  socket.once('connect', () => settle(''));
  socket.once('timeout', () => settle(' (unreachable: ETIMEDOUT)'));
  socket.once('error', (error: NodeJS.ErrnoException) =>
    settle(` (unreachable: ${error.code ?? error.message})`),
  );
  return promise;
}

/** Says in one line on stderr what is on, where it goes, and whether somebody is there. */
export async function reportStart(serviceName: string, routes: readonly SignalDestinations[]): Promise<void> {
  const parts = await Promise.all(
    routes.map(async ({ signal, destinations }) => {
      const names = await Promise.all(
        destinations.map(async ({ name, probe }) => name + ((await probe) ?? '')),
      );
      return `${signal}→${names.join(', ') || 'off'}`;
    }),
  );
  printStartUpLine([serviceName, ...parts]);
}

/** Says in one line on stderr that a declarative file decides where telemetry goes. */
export function reportFile(name: string): void {
  printStartUpLine([`configured by ${name}`]);
}

function printStartUpLine(parts: readonly string[]): void {
  const [major, minor] = process.versions.node.split('.');
  printLine(`sonde ${version} ${parts.join(' · ')} · node ${major}.${minor} ${moduleKind()}`);
}
