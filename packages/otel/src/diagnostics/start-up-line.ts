import { moduleKind } from '../config/package-json.ts';
import { version } from '../version.ts';
import { printLine } from './notice.ts';

/** The destinations of one signal in the start-up line. */
export interface SignalDestinations {
  readonly signal: string;
  readonly destinations: readonly Destination[];
}

/** A destination of telemetry: its name, and the outcome of a probe, which is appended. */
export interface Destination {
  readonly name: string;
  readonly probe?: Promise<string>;
}

/** Prints the start-up line on stderr: the signals, their destinations, and whether those are reachable. */
export async function reportStart(
  serviceName: string,
  signals: readonly SignalDestinations[],
): Promise<void> {
  const parts = await Promise.all(
    signals.map(async ({ signal, destinations }) => {
      const names = await Promise.all(
        destinations.map(async ({ name, probe }) => name + ((await probe) ?? '')),
      );
      return `${signal}→${names.join(', ') || 'off'}`;
    }),
  );
  printStartUpLine([serviceName, ...parts]);
}

/** Prints the start-up line of a declarative configuration file on stderr. */
export function reportFile(name: string): void {
  printStartUpLine([`configured by ${name}`]);
}

function printStartUpLine(parts: readonly string[]): void {
  const [major, minor] = process.versions.node.split('.');
  printLine(`sonde ${version} ${parts.join(' · ')} · node ${major}.${minor} ${moduleKind()}`);
}
