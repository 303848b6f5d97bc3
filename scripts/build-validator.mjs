// Builds the program that renders and validates the Kubernetes manifests, once. Takes several minutes.
import { buildValidator } from '../test/support/manifests.ts';

process.stdout.write(`${await buildValidator('go')}\n`);
