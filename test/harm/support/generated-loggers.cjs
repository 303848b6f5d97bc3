// Loads pino and winston after Sonde, which hooks them.
const { Writable } = require('node:stream');
const pino = require('pino');
const winston = require('winston');
const { shown } = require('./generated-values.cjs');

/** Writes one line with pino. */
function writePino({ choices, values, outcomes, attempt }) {
  const lines = [];
  const options = choices.pick([
    {},
    { redact: ['a', 'b.a', 'err.code'] },
    { redact: { paths: ['*.a'], remove: true } },
    { serializers: { a: (value) => ({ value }), err: pino.stdSerializers.err } },
    { formatters: { log: (members) => ({ ...members, added: 1 }) } },
    { nestedKey: 'nested' },
    { errorKey: 'error', messageKey: 'message' },
    { mixin: () => ({ mixed: 1 }) },
  ]);
  const stream = { write: (line) => lines.push(line) };
  let logger = pino({ base: null, timestamp: false, level: 'trace', ...options }, stream);
  if (choices.below(3) === 0) {
    const bindings = values.members();
    attempt('pino.child', () => {
      logger = logger.child(bindings);
    });
  }
  const given = choices.pick([() => values.members(), () => values.error(), () => values.any()])();
  const rest = choices.below(2) === 0 ? [] : ['message %s %j', values.any()];
  attempt('pino', () => logger[choices.pick(['info', 'error', 'trace'])](given, ...rest));
  outcomes.push(...lines);
}

/** Writes one info with winston. */
async function writeWinston({ choices, values, outcomes, attempt }) {
  const { combine, json, errors, splat, simple, printf } = winston.format;
  const format = choices.pick([
    () => json(),
    () => combine(errors({ stack: true }), json()),
    () => combine(splat(), simple()),
    () => printf(({ level, message }) => `${level} ${String(message)}`),
  ])();
  const lines = [];
  const stream = new Writable({
    write(chunk, encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = winston.createLogger({
    level: 'silly',
    format,
    transports: [new winston.transports.Stream({ stream })],
  });
  logger.on('error', (error) => lines.push(`error ${shown(error)}`));
  let child = logger;
  if (choices.below(3) === 0) {
    const meta = values.members();
    attempt('winston.child', () => {
      child = logger.child(meta);
    });
  }
  const level = choices.pick(['info', 'error', 'debug']);
  const given = choices.pick([
    () => [values.any()],
    () => ['message', values.members()],
    () => ['message', values.error()],
    () => [values.error()],
    () => [{ level, message: values.any(), ...safeMembers(values) }],
  ])();
  attempt(
    'winston',
    () =>
      (given.length === 1 && given[0]?.level === level ? child.log(given[0]) : child[level](...given)) ===
      child,
    true,
  );
  await new Promise((resolve) => setImmediate(resolve));
  outcomes.push(...lines);
}

/** Members that can be spread. */
function safeMembers(values) {
  try {
    return { ...values.members() };
  } catch {
    return {};
  }
}

module.exports = { writePino, writeWinston };
