const { createRequire } = require('node:module');
const path = require('node:path');

const from = (folder) => createRequire(path.join(folder ?? process.cwd(), 'package.json'));

/** Loads packages from the folder of the framework. */
exports.fromApp = from(process.env.BENCH_APP);

/** Loads packages from the folder of the telemetry. */
exports.fromSdk = from(process.env.BENCH_SDK);
