// Builds Prometheus for the tests from its Go module, once. Takes several minutes.
import { findPrometheus } from '../test/support/prometheus-programs.ts';

process.stdout.write(`${JSON.stringify(await findPrometheus())}\n`);
