// Shared by all benchmark programs: reports the port and the exported telemetry.

const { telemetry } = globalThis;

/** Writes the log record of a request, if telemetry is enabled. */
exports.log = telemetry?.log ?? (() => {});

/** Reports the port of a server, and handles messages of the benchmark. */
exports.serving = (server) => {
  const reportPort = () => process.send({ port: server.address().port });
  if (server.listening) reportPort();
  else server.once('listening', reportPort);
};

const tellWhatWasSeen = () => process.send({ seen: telemetry?.seen?.() ?? {} });
process.on('message', () => void Promise.resolve(telemetry?.flush()).then(tellWhatWasSeen));
