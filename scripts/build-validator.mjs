// Builds the program that renders and validates the Kubernetes manifests, from its Go modules, once: it takes minutes.
import { buildValidator } from '../test/support/manifests.ts';

process.stdout.write(`${await buildValidator('go')}\n`);
