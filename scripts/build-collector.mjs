// Builds the Collector for the tests from its Go modules, once. Takes several minutes.
import { buildCollector } from '../test/support/collector.ts';

process.stdout.write(`${await buildCollector('go')}\n`);
