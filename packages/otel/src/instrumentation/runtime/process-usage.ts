import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The resources that the process uses. Undefined if the operating system does not report a value. */
export interface ProcessUsage {
  /** Processor time in seconds. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Physical memory in bytes. */
  readonly residentBytes: number;
  readonly externalBytes: number;
  readonly virtualBytes: number | undefined;
  readonly threads: number | undefined;
  readonly fileDescriptors: number | undefined;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

const microsecondsPerSecond = 1e6;
// The positions in `/proc/self/stat`, after the command in parentheses.
const threadsField = 17;
const virtualBytesField = 20;

/** Reads the usage: two files of `/proc` on Linux, and system calls. */
export function readProcessUsage(): ProcessUsage {
  const usage = process.resourceUsage();
  const { rss, external } = process.memoryUsage();
  const stat = readStat();
  return {
    userSeconds: usage.userCPUTime / microsecondsPerSecond,
    systemSeconds: usage.systemCPUTime / microsecondsPerSecond,
    residentBytes: rss,
    externalBytes: external,
    virtualBytes: stat[virtualBytesField],
    threads: stat[threadsField],
    fileDescriptors: countFileDescriptors(),
    minorFaults: usage.minorPageFault,
    majorFaults: usage.majorPageFault,
    voluntarySwitches: usage.voluntaryContextSwitches,
    involuntarySwitches: usage.involuntaryContextSwitches,
  };
}

/** The maximum number of open file descriptors; undefined if there is none, or not on Linux. */
export function readFileDescriptorLimit(): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits')) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

function readStat(): readonly number[] {
  const text = read('/proc/self/stat');
  // The command may have spaces and parentheses.
  const end = text.lastIndexOf(')');
  return end === -1
    ? []
    : text
        .slice(end + 2)
        .split(' ')
        .map(Number);
}

function read(path: string): string {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function countFileDescriptors(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const path = '/proc/self/fd';
    // Linux 6.2 and later reports the number as the size; reading the folder opens one more.
    return statSync(path).size || readdirSync(path).length - 1;
  } catch {
    return undefined;
  }
}
