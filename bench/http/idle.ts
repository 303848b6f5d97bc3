import { readFileSync } from 'node:fs';

const setting = '/sys/module/haltpoll/parameters/guest_halt_poll_ns';

/** Describes how long an idle core of this virtual machine polls before it halts; empty if unknown. */
export function idlePolling(): string {
  try {
    const ms = Number(readFileSync(setting, 'latin1')) / 1e6;
    return ms > 0 ? ` An idle core polls for ${ms} ms before it halts.` : '';
  } catch {
    return '';
  }
}
