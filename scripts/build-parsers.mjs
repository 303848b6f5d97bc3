// Builds the parsers of Prometheus and of its Python client for the tests, once. Takes several minutes.
import { buildGoParser, installPythonParser, prometheusVersions } from '../test/parsers/parsers.ts';

for (const version of prometheusVersions) process.stdout.write(`${await buildGoParser('go', version)}\n`);
process.stdout.write(`${(await installPythonParser('python3')).join(' ')}\n`);
