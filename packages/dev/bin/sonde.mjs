#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`sonde: Node.js >= 22.15 is required (found ${process.versions.node})\n`);
  process.exit(1);
}
const { main } = await import('#main');
await main(process.argv.slice(2));
