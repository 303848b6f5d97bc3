// Stands for the package `debug` where that is bundled: `NODE_DEBUG=require-in-the-middle` shows what it would.
module.exports = require('node:util').debuglog;
