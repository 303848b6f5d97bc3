// Builds the Prometheus that the tests run, from its Go module, once: it takes minutes.
import { findPrometheus } from '../test/support/prometheus-programs.ts';

process.stdout.write(`${JSON.stringify(await findPrometheus())}\n`);
