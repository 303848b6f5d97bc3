// What every program of the benchmark does beside answering: it tells its port, and what became of its telemetry.

const { telemetry } = globalThis;

/** Writes the request's one log record, where there is telemetry. */
exports.log = telemetry?.log ?? (() => {});

/** Says where a server listens, and answers the benchmark's questions. */
exports.serving = (server) => {
  const tell = () => process.send({ port: server.address().port });
  if (server.listening) tell();
  else server.once('listening', tell);
};

const tellWhatWasSeen = () => process.send({ seen: telemetry?.seen?.() ?? {} });
process.on('message', () => void Promise.resolve(telemetry?.flush()).then(tellWhatWasSeen));
