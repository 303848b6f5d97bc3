import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { chosen, servicePage } from './page.ts';
import { graph, type Step } from './panels.ts';

const delaySteps: readonly Step[] = [
  [0, 'green'],
  [0.1, 'yellow'],
  [0.5, 'red'],
];
const rate = (series: string): string => `rate(${series}{${chosen}}[$__rate_interval])`;

/** Event loop, garbage collection, heap, handles and process. */
export const nodeRuntime: Dashboard = servicePage(
  'sonde-node-runtime',
  'Node.js runtime',
  'Event loop, garbage collection, heap, open handles and process of each instance.',
)
  .withRow(new RowBuilder('Event loop'))
  .withPanel(
    graph(
      {
        title: 'Event loop utilization',
        description: 'Fraction of time in which the event loop is busy.',
        unit: 'percentunit',
        max: 1,
        steps: [
          [0, 'green'],
          [0.7, 'yellow'],
          [0.9, 'red'],
        ],
      },
      { expr: `nodejs_eventloop_utilization_ratio{${chosen}}`, legend: '{{instance}}' },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Event loop delay',
        description: 'Delay of timers: median, 99th percentile and maximum.',
        unit: 's',
        steps: delaySteps,
      },
      { expr: `nodejs_eventloop_delay_p50_seconds{${chosen}}`, legend: '{{instance}} 50 %' },
      { expr: `nodejs_eventloop_delay_p99_seconds{${chosen}}`, legend: '{{instance}} 99 %' },
      { expr: `nodejs_eventloop_delay_max_seconds{${chosen}}`, legend: '{{instance}} worst' },
    ),
  )
  .withRow(new RowBuilder('Garbage collection'))
  .withPanel(
    graph(
      {
        title: 'Time in garbage collection',
        description: 'Fraction of time spent in each kind of collection.',
        unit: 'percentunit',
      },
      {
        expr: `sum by (instance, v8js_gc_type) (${rate('v8js_gc_duration_seconds_sum')})`,
        legend: '{{instance}} {{v8js_gc_type}}',
      },
    ),
  )
  .withPanel(
    graph(
      { title: 'Collections', description: 'Garbage collections per second, by kind.', unit: 'ops' },
      {
        expr: `sum by (instance, v8js_gc_type) (${rate('v8js_gc_duration_seconds_count')})`,
        legend: '{{instance}} {{v8js_gc_type}}',
      },
    ),
  )
  .withRow(new RowBuilder('Memory'))
  .withPanel(
    graph(
      {
        title: 'Heap',
        description: 'Bytes in use, and bytes that V8 has reserved for its heap.',
        unit: 'bytes',
      },
      { expr: `sum by (instance) (v8js_memory_heap_used_bytes{${chosen}})`, legend: '{{instance}} used' },
      {
        expr: `sum by (instance) (v8js_memory_heap_space_size_bytes{${chosen}})`,
        legend: '{{instance}} taken',
      },
      { expr: `v8js_memory_heap_limit_bytes{${chosen}}`, legend: '{{instance}} limit' },
    ),
  )
  .withPanel(
    graph(
      { title: 'Heap by space', description: 'Bytes in use in each space of the heap.', unit: 'bytes' },
      {
        expr: `sum by (v8js_heap_space_name) (v8js_memory_heap_used_bytes{${chosen}})`,
        legend: '{{v8js_heap_space_name}}',
      },
    ),
  )
  .withRow(new RowBuilder('Handles'))
  .withPanel(
    graph(
      {
        title: 'Open handles',
        description:
          'Resources that keep the process alive: sockets, servers, timers. Constant growth indicates a leak.',
        unit: 'short',
      },
      {
        expr: `sum by (instance, v8js_resource_type) (v8js_resource_active{${chosen}})`,
        legend: '{{instance}} {{v8js_resource_type}}',
      },
    ),
  )
  .withRow(new RowBuilder('Process'))
  .withPanel(
    graph(
      {
        title: 'Processor',
        description: 'Processors in use, by mode: 1 is one processor.',
        unit: 'short',
      },
      {
        expr: `sum by (instance, cpu_mode) (${rate('process_cpu_time_seconds_total')})`,
        legend: '{{instance}} {{cpu_mode}}',
      },
    ),
  )
  .withPanel(
    graph(
      {
        title: 'Memory of the process',
        description: 'Physical memory, and memory outside the heap.',
        unit: 'bytes',
      },
      { expr: `sum by (instance) (process_memory_usage_bytes{${chosen}})`, legend: '{{instance}} resident' },
      {
        expr: `sum by (instance) (sonde_process_memory_external_bytes{${chosen}})`,
        legend: '{{instance}} external',
      },
    ),
  )
  .withPanel(
    graph(
      { title: 'File descriptors', description: 'Open file descriptors, and their limit.', unit: 'short' },
      {
        expr: `sum by (instance) (process_unix_file_descriptor_count{${chosen}})`,
        legend: '{{instance}} open',
      },
      {
        expr: `max by (instance) (sonde_process_unix_file_descriptor_limit{${chosen}})`,
        legend: '{{instance}} limit',
      },
    ),
  )
  .withPanel(
    graph(
      { title: 'Context switches', description: 'Context switches per second, by type.', unit: 'ops' },
      {
        expr: `sum by (instance, process_context_switch_type) (${rate('process_context_switches_total')})`,
        legend: '{{instance}} {{process_context_switch_type}}',
      },
    ),
  )
  .build();
