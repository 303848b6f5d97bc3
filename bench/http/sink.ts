// An OTLP receiver in a process of its own, which tells what it counted.
import { CountingSink } from '../../test/support/counting-sink.ts';

const sink = await CountingSink.start();
process.on('message', () => process.send?.({ seen: sink.counts }));
process.send?.({ port: sink.port });
