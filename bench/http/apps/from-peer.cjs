const { createRequire } = require('node:module');
const path = require('node:path');

const from = (folder) => createRequire(path.join(folder ?? process.cwd(), 'package.json'));

/** Loads what is installed in the folder that the framework is in. */
exports.fromApp = from(process.env.BENCH_APP);

/** Loads what is installed in the folder that the telemetry is in. */
exports.fromSdk = from(process.env.BENCH_SDK);
