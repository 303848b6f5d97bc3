import type { Agent } from 'node:http';
import type { OtlpConfig } from '../config.ts';
import { boolean, custom, integer, type SettingsTable, text } from '../setting.ts';
import { hasMethods, MAX_MS } from './shared.ts';

export const otlpSettings: SettingsTable<OtlpConfig> = {
  maxQueueBytes: integer({
    min: 1024,
    max: 2 ** 40,
    env: 'SONDE_OTLP_QUEUE_BYTES',
    defaultValue: 64 * 1024 * 1024,
    description:
      'Maximum number of bytes of all signals that wait in memory for delivery. When it is reached, the oldest batches of the signal are dropped and counted.',
  }),
  maxRequestBytes: integer({
    min: 1024,
    max: 2 ** 30,
    env: 'SONDE_OTLP_REQUEST_BYTES',
    defaultValue: 1024 * 1024,
    description: 'Maximum number of bytes of a request before compression; a larger batch is split.',
  }),
  maxConcurrency: integer({
    min: 1,
    max: 64,
    env: 'SONDE_OTLP_CONCURRENCY',
    defaultValue: 4,
    description:
      'Maximum number of requests in flight to one receiver; fewer after it has requested a delay.',
  }),
  maxAgeMs: integer({
    min: 1,
    max: MAX_MS,
    env: 'SONDE_OTLP_MAX_AGE',
    description:
      'Milliseconds after which a batch that could not be delivered is dropped. Unlimited by default.',
  }),
  spoolDirectory: text({
    env: 'SONDE_OTLP_SPOOL_DIR',
    description:
      'A directory in which undelivered batches survive the end of the process. It must be private to the user of the process. Without it, batches are kept in memory.',
  }),
  maxSpoolBytes: integer({
    min: 65_536,
    max: 2 ** 44,
    env: 'SONDE_OTLP_SPOOL_BYTES',
    defaultValue: 256 * 1024 * 1024,
    description: 'Maximum size of the spool directory, in bytes; the oldest batches are dropped and counted.',
  }),
  maxSpoolAgeMs: integer({
    min: 1000,
    max: 366 * 86_400_000,
    env: 'SONDE_OTLP_SPOOL_MAX_AGE',
    defaultValue: 2 * 86_400_000,
    description: 'Milliseconds after which a batch in the spool directory is dropped and counted.',
  }),
  worker: boolean({
    env: 'SONDE_OTLP_WORKER',
    defaultValue: false,
    description:
      'Compresses, sends and stores batches in a worker thread, which keeps exporting while the main thread is busy.',
  }),
  agent: custom<Agent>({
    expected: 'an http.Agent or https.Agent',
    accepts: hasMethods('destroy'),
    description:
      'The agent for connections of OTLP over HTTP. By default an agent with the proxy settings that Node.js uses for the application.',
  }),
};
