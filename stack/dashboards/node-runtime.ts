import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { chosen, servicePage } from './page.ts';
import { graph, type Step } from './panels.ts';

const delaySteps: readonly Step[] = [
  [0, 'green'],
  [0.1, 'yellow'],
  [0.5, 'red'],
];
const rate = (series: string): string => `rate(${series}{${chosen}}[$__rate_interval])`;

/** What the Node.js runtime does below the requests: event loop, garbage collection, heap, handles. */
export const nodeRuntime: Dashboard = servicePage(
  'sonde-node-runtime',
  'Node.js runtime',
  'Event loop, garbage collection, heap and open handles of each instance.',
)
  .withRow(new RowBuilder('Event loop'))
  .withPanel(
    graph(
      {
        title: 'Event loop utilisation',
        description: 'The part of the time in which the event loop is busy.',
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
        description: 'How late timers fire: what half and 99 of 100 stay below, and the worst.',
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
        description: 'The part of the time that each kind of collection takes.',
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
        description: 'Bytes in use, and bytes that V8 has taken for its heap.',
        unit: 'bytes',
      },
      { expr: `sum by (instance) (v8js_memory_heap_used_bytes{${chosen}})`, legend: '{{instance}} used' },
      {
        expr: `sum by (instance) (v8js_memory_heap_space_size_bytes{${chosen}})`,
        legend: '{{instance}} taken',
      },
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
          'What keeps the process alive: sockets, servers, timers. A line that only climbs is a leak.',
        unit: 'short',
      },
      {
        expr: `sum by (instance, v8js_resource_type) (v8js_resource_active{${chosen}})`,
        legend: '{{instance}} {{v8js_resource_type}}',
      },
    ),
  )
  .build();
