// Builds the programs that send telemetry to `sonde dev` in the tests by the SDKs of Go and Python, once. Takes a minute.
import { buildGoSender, installPythonSdk } from '../test/viewer/senders.ts';

process.stdout.write(`${await installPythonSdk('python3')}\n${await buildGoSender('go')}\n`);
