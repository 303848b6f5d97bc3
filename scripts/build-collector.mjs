// Builds the Collector that the tests run, from its Go modules, once: it takes minutes.
import { buildCollector } from '../test/support/collector.ts';

process.stdout.write(`${await buildCollector('go')}\n`);
