// Runs generated programs with or without Sonde, and prints the effects visible to the application.
const { createHash } = require('node:crypto');
const { isPromise } = require('node:util/types');
const api = require('@opentelemetry/api');
const { standIns } = require('./generated-stand-ins.cjs');
const { Choices, shown, Values } = require('./generated-values.cjs');

const isBare = process.env.GENERATED_BARE === '1';
const first = Number(process.env.GENERATED_SEED);
const total = Number(process.env.GENERATED_PROGRAMS);
const isDetailed = process.env.GENERATED_DETAILS === '1';

const sonde = isBare ? standIns : require('@sonde/otel');
const capture = process.env.GENERATED_CAPTURE === 'true';
if (!isBare)
  sonde.start({
    logs: { console: process.env.GENERATED_FORMAT || false, captureConsole: capture, level: 'trace' },
  });

const { writePino, writeWinston } = require('./generated-loggers.cjs');

/** Output of the application through its streams; Sonde writes to the descriptor directly. */
let printed = '';
const collect = (chunk, encoding, done) => {
  printed += String(chunk);
  const callback = typeof encoding === 'function' ? encoding : done;
  if (callback) process.nextTick(callback);
  return true;
};
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = collect;
process.stderr.write = collect;

const tracer = () => api.trace.getTracer('generated');
const meter = () => api.metrics.getMeter('generated');
const instruments = [
  sonde.counter('generated.counter'),
  sonde.upDownCounter('generated.sum'),
  sonde.histogram('generated.histogram'),
  sonde.gauge('generated.gauge'),
];
const numbers = [1, -1, 0, 1.5, Number.NaN, Infinity, '1', null, undefined, 5n, {}, Symbol('n')];

class Program {
  outcomes = [];
  #choices;
  #values;

  constructor(seed) {
    this.#choices = new Choices(seed);
    this.#values = new Values(this.#choices);
  }

  async run() {
    const steps = [
      () => this.#logger(),
      () => this.#api(),
      () => this.#console(),
      () => writePino(this.#tools()),
      () => writeWinston(this.#tools()),
      () => this.#span(),
      () => this.#calls(),
      () => this.#instruments(),
    ];
    for (let count = 1 + this.#choices.below(4); count > 0; count--) {
      await this.#choices.pick(steps)();
    }
  }

  /** The means of a step outside of this class. */
  #tools() {
    const attempt = (name, act, expected) => this.#attempt(name, act, expected);
    return { choices: this.#choices, values: this.#values, outcomes: this.outcomes, attempt };
  }

  /** Runs a step and records its result or exception. */
  #attempt(name, act, expected) {
    let outcome;
    try {
      const given = act();
      outcome = given === expected ? 'expected' : typeof given;
    } catch (error) {
      outcome = `threw ${shown(error)}`;
    }
    this.outcomes.push(`${name}: ${outcome}`);
  }

  #logger() {
    const values = this.#values;
    let log = sonde.getLogger(this.#choices.pick(['generated', 'generated.child', '']));
    if (this.#choices.below(3) === 0) {
      this.#attempt('child', () => {
        log = log.child(values.members());
      });
    }
    const level = this.#choices.pick([
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'warning',
      'critical',
    ]);
    const message = this.#choices.below(2) === 0 ? 'message' : values.any();
    const more = this.#choices.pick([
      () => values.members(),
      () => values.error(),
      () => values.any(),
      () => undefined,
    ])();
    this.#attempt(`log.${level}`, () => log[level](message, more));
    const thrown = values.any();
    const attributes = values.members();
    this.#attempt('log.exception', () =>
      log.exception(thrown, this.#choices.below(2) === 0 ? undefined : 'm', attributes),
    );
  }

  #api() {
    const severityNumber = api.SeverityNumber.INFO;
    const record = { body: this.#values.any(), attributes: this.#values.members(), severityNumber };
    if (this.#choices.below(4) === 0) record.exception = this.#values.any();
    this.#attempt('logs.emit', () => api.logs.getLogger('generated').emit(record));
  }

  #console() {
    const method = this.#choices.pick(['log', 'info', 'warn', 'error', 'debug']);
    const given = Array.from({ length: 1 + this.#choices.below(3) }, () => this.#values.any());
    if (this.#choices.below(2) === 0)
      given.unshift(this.#choices.pick(['plain', '%s and %d', '%o', '%j', '%%']));
    this.#attempt(`console.${method}`, () => console[method](...given));
  }

  #span() {
    const values = this.#values;
    const options = { attributes: values.members() };
    if (this.#choices.below(4) === 0) {
      options.links = [
        {
          context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 },
          attributes: values.members(),
        },
      ];
    }
    let span;
    this.#attempt('startSpan', () => {
      span = tracer().startSpan(this.#choices.below(8) === 0 ? values.any() : 'generated', options);
    });
    if (span === undefined) return;
    for (let count = this.#choices.below(6); count > 0; count--) {
      const act = this.#choices.pick([
        () => span.setAttribute('name', values.any()),
        () => span.setAttributes(values.members()),
        () => span.addEvent('event', values.members()),
        () => span.addEvent('event', values.any()),
        () => span.addLink({ context: span.spanContext(), attributes: values.members() }),
        () => span.setStatus({ code: 2, message: values.any() }),
        () => span.updateName(this.#choices.below(2) === 0 ? 'name' : values.any()),
        () => span.recordException(this.#choices.below(2) === 0 ? values.error() : values.any()),
      ]);
      this.#attempt('span', () => act() === span || undefined, undefined === span ? span : true);
    }
    this.#attempt('span.end', () => span.end());
  }

  /** Calls through Sonde's own functions: what they return and throw is the application's. */
  async #calls() {
    const values = this.#values;
    const result = values.any();
    const attributes = values.members();
    const isThrown = this.#choices.below(3) === 0;
    const isAsync = this.#choices.below(3) === 0;
    const work = () => {
      if (isThrown) throw result;
      return result;
    };
    const asyncWork = async () => {
      if (isThrown) throw result;
      // An awaited value may be a thenable: only its wrapper comes back the same.
      return [result];
    };
    const wrapped = this.#choices.pick([
      (fn) => sonde.span('call', attributes, fn),
      (fn) => sonde.span('call', fn),
      (fn) => sonde.traced('call', fn)(),
      (fn) => sonde.timed(instruments[2], attributes, fn)(),
      (fn) => sonde.countExceptions(instruments[0], fn)(),
      (fn) => sonde.trackInProgress(instruments[1], fn)(),
    ]);
    let outcome;
    try {
      if (isAsync) {
        const [given] = await wrapped(asyncWork);
        outcome = Object.is(given, result) ? 'resolved the same' : 'resolved another';
      } else {
        const given = wrapped(work);
        const isSame = Object.is(given, result) || (isPromise(result) && (await given) === (await result));
        outcome = isSame ? 'returned the same' : 'returned another';
      }
    } catch (error) {
      outcome = Object.is(error, result) ? 'threw the same' : `threw another: ${shown(error)}`;
    }
    this.outcomes.push(`call: ${outcome}`);
  }

  #instruments() {
    const instrument = this.#choices.pick(instruments);
    const value = this.#choices.below(2) === 0 ? 1 : this.#choices.pick(numbers);
    const attributes = this.#choices.below(8) === 0 ? this.#values.any() : this.#values.members();
    this.#attempt('instrument', () =>
      instrument.add ? instrument.add(value, attributes) : instrument.record(value, attributes),
    );
    const direct = meter().createCounter('generated.direct');
    this.#attempt('meter', () => direct.add(value, this.#values.members()));
  }
}

const faults = [];
process.on('uncaughtException', (error) => faults.push(`uncaught ${shown(error)}`));
process.on('unhandledRejection', (error) => faults.push(`unhandled ${shown(error)}`));

async function main() {
  for (let seed = first; seed < first + total; seed++) {
    printed = '';
    faults.length = 0;
    const program = new Program(seed);
    await program.run();
    await new Promise((resolve) => setImmediate(resolve));
    const outcomes = [...program.outcomes, printed, ...faults];
    const hash = createHash('sha256').update(outcomes.join('\n')).digest('hex').slice(0, 16);
    print(`${seed} ${hash}${isDetailed ? ` ${JSON.stringify(outcomes)}` : ''}\n`);
  }
}

void main().then(() => print('done\n'));
