import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Meter, Observable } from '@opentelemetry/api';
import {
  ATTR_CPU_MODE,
  ATTR_PROCESS_CONTEXT_SWITCH_TYPE,
  ATTR_SYSTEM_PAGING_FAULT_TYPE,
  METRIC_PROCESS_CONTEXT_SWITCHES,
  METRIC_PROCESS_CPU_TIME,
  METRIC_PROCESS_CPU_UTILIZATION,
  METRIC_PROCESS_MEMORY_USAGE,
  METRIC_PROCESS_MEMORY_VIRTUAL,
  METRIC_PROCESS_PAGING_FAULTS,
  METRIC_PROCESS_THREAD_COUNT,
  METRIC_PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
  METRIC_PROCESS_UPTIME,
} from '../../semconv.ts';
import { observeBatch, type Unregister } from './observe-batch.ts';
import { readFileDescriptorLimit, readProcessUsage } from './process-usage.ts';
import { ReaderWindows } from './reader-windows.ts';

/** The processor time at the last collection of one reader. */
class ProcessorWindow {
  #atMs = performance.now();
  #usage = process.cpuUsage();

  /** The share of all processors since the last reset, from 0 to 1. */
  utilization(): { user: number; system: number } {
    const { user, system } = process.cpuUsage(this.#usage);
    const availableMicroseconds = (performance.now() - this.#atMs) * 1000 * availableParallelism();
    const share = (microseconds: number): number =>
      availableMicroseconds > 0 ? microseconds / availableMicroseconds : 0;
    return { user: share(user), system: share(system) };
  }

  reset(): void {
    this.#atMs = performance.now();
    this.#usage = process.cpuUsage();
  }
}

const user = Object.freeze({ [ATTR_CPU_MODE]: 'user' });
const system = Object.freeze({ [ATTR_CPU_MODE]: 'system' });
const minor = Object.freeze({ [ATTR_SYSTEM_PAGING_FAULT_TYPE]: 'minor' });
const major = Object.freeze({ [ATTR_SYSTEM_PAGING_FAULT_TYPE]: 'major' });
const voluntary = Object.freeze({ [ATTR_PROCESS_CONTEXT_SWITCH_TYPE]: 'voluntary' });
const involuntary = Object.freeze({ [ATTR_PROCESS_CONTEXT_SWITCH_TYPE]: 'involuntary' });

/**
 * Registers the metrics of the process, with one reading per collection. Metrics that the operating system does not report are left out.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/system/process-metrics/
 */
export function registerProcessMetrics(meter: Meter): Unregister {
  const windows = new ReaderWindows(() => new ProcessorWindow());
  const cpuTime = meter.createObservableCounter(METRIC_PROCESS_CPU_TIME, {
    description: 'Total CPU seconds broken down by different CPU modes.',
    unit: 's',
  });
  const cpuUtilization = meter.createObservableGauge(METRIC_PROCESS_CPU_UTILIZATION, {
    description:
      'Difference in process.cpu.time since the last measurement, divided by the elapsed time and number of CPUs available to the process.',
    unit: '1',
  });
  const memory = meter.createObservableUpDownCounter(METRIC_PROCESS_MEMORY_USAGE, {
    description: 'The amount of physical memory in use.',
    unit: 'By',
  });
  const virtualMemory = meter.createObservableUpDownCounter(METRIC_PROCESS_MEMORY_VIRTUAL, {
    description: 'The amount of committed virtual memory.',
    unit: 'By',
  });
  const externalMemory = meter.createObservableUpDownCounter('sonde.process.memory.external', {
    description: 'The memory of C++ objects that JavaScript objects own, such as buffers.',
    unit: 'By',
  });
  const fileDescriptors = meter.createObservableUpDownCounter(METRIC_PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, {
    description: 'Number of UNIX file descriptors in use by the process.',
    unit: '{file_descriptor}',
  });
  const fileDescriptorLimit = meter.createObservableGauge('sonde.process.unix.file_descriptor.limit', {
    description: 'The maximum number of UNIX file descriptors of the process.',
    unit: '{file_descriptor}',
  });
  const threads = meter.createObservableUpDownCounter(METRIC_PROCESS_THREAD_COUNT, {
    description: 'Process threads count.',
    unit: '{thread}',
  });
  const uptime = meter.createObservableGauge(METRIC_PROCESS_UPTIME, {
    description: 'The time the process has been running.',
    unit: 's',
  });
  const faults = meter.createObservableCounter(METRIC_PROCESS_PAGING_FAULTS, {
    description: 'Number of page faults the process has made.',
    unit: '{fault}',
  });
  const switches = meter.createObservableCounter(METRIC_PROCESS_CONTEXT_SWITCHES, {
    description: 'Number of times the process has been context switched.',
    unit: '{context_switch}',
  });
  const maxFileDescriptors = readFileDescriptorLimit();
  const instruments = [
    cpuTime,
    cpuUtilization,
    memory,
    virtualMemory,
    externalMemory,
    fileDescriptors,
    fileDescriptorLimit,
    threads,
    uptime,
    faults,
    switches,
  ];
  return observeBatch(meter, instruments, (result) => {
    const usage = readProcessUsage();
    const observeIfKnown = (instrument: Observable, value: number | undefined): void => {
      if (value !== undefined) result.observe(instrument, value);
    };
    result.observe(cpuTime, usage.userSeconds, user);
    result.observe(cpuTime, usage.systemSeconds, system);
    windows.read((window) => {
      const utilization = window.utilization();
      result.observe(cpuUtilization, utilization.user, user);
      result.observe(cpuUtilization, utilization.system, system);
    });
    result.observe(memory, usage.residentBytes);
    observeIfKnown(virtualMemory, usage.virtualBytes);
    result.observe(externalMemory, usage.externalBytes);
    observeIfKnown(fileDescriptors, usage.fileDescriptors);
    observeIfKnown(fileDescriptorLimit, maxFileDescriptors);
    observeIfKnown(threads, usage.threads);
    result.observe(uptime, process.uptime());
    result.observe(faults, usage.minorFaults, minor);
    result.observe(faults, usage.majorFaults, major);
    result.observe(switches, usage.voluntarySwitches, voluntary);
    result.observe(switches, usage.involuntarySwitches, involuntary);
  });
}
