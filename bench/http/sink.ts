// OTLP receiver in a separate process that reports its counts.
import { CountingSink } from '../../test/support/counting-sink.ts';

const sink = await CountingSink.start();
process.on('message', () => process.send?.({ seen: sink.counts }));
process.send?.({ port: sink.port });
