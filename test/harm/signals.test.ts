import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { sourceProgram } from '../support/source-program.ts';
import { sideBySide } from './support/side-by-side.ts';

/** Libraries with signal listeners; each setup runs in an async function of a CommonJS program. */
const libraries: Readonly<Record<string, string>> = {
  'signal-exit 4': `require('signal-exit').onExit((code, signal) => console.log('cleanup', code, signal));`,
  'signal-exit 3': `require('signal-exit-3')((code, signal) => console.log('cleanup', code, signal));`,
  'signal-exit 3 and 4': `
    require('signal-exit-3')((code, signal) => console.log('three', code, signal));
    require('signal-exit').onExit((code, signal) => console.log('four', code, signal));`,
  'signal-exit 4 that keeps the process': `require('signal-exit').onExit(() => {
      console.log('kept');
      setTimeout(() => process.exit(6), 50);
      return true;
    });`,
  'signal-exit 4 beside a listener': `
    require('signal-exit').onExit((code, signal) => console.log('cleanup', code, signal));
    for (const signal of signals) process.on(signal, () => server.close());`,
  'proper-lockfile with a lock taken': `require('proper-lockfile').lockSync(__filename);`,
  'execa while a child runs': `
    const { execa } = await import('execa');
    execa(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).catch(() => {});`,
  'restore-cursor on a terminal': `
    Object.defineProperty(process.stderr, 'isTTY', { value: true });
    (await import('restore-cursor')).default();`,
  'exit-hook': `(await import('exit-hook')).default((signal) => console.log('hook', signal));`,
  'exit-hook that works asynchronously': `
    const { asyncExitHook } = await import('exit-hook');
    asyncExitHook(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log('hook');
    }, { wait: 500 });`,
  'a library that lists the listeners': `
    const listener = () => {
      const others = signals.flatMap((signal) => process.listeners(signal)).filter((each) => each !== listener);
      if (others.length > 0) return;
      for (const signal of signals) process.removeListener(signal, listener);
      process.kill(process.pid, 'SIGTERM');
    };
    for (const signal of signals) process.on(signal, listener);`,
  'a library that counts the listeners in every way': `
    const { EventEmitter, getEventListeners } = require('node:events');
    for (const signal of signals) process.on(signal, () => {
      const counts = [
        process.listenerCount(signal), process.rawListeners(signal).length, getEventListeners(process, signal).length,
        EventEmitter.prototype.listenerCount.call(process, signal), EventEmitter.prototype.listeners.call(process, signal).length,
      ];
      console.log(counts);
      if (counts.every((count) => count === 1)) process.exit(9);
    });`,
};

const listeners: Readonly<Record<string, string>> = {
  'no listener': '',
  'no listener, as the events of process show': `console.log(process.eventNames().includes('SIGTERM'));`,
  'a once listener that keeps the process': `
    process.once('SIGTERM', () => setTimeout(() => { console.log('still here'); process.exit(4); }, 50));`,
  'a prepended once listener': `process.prependOnceListener('SIGTERM', () => setImmediate(() => process.exit(4)));`,
  'a once listener and a second signal': `process.once('SIGTERM', () => process.kill(process.pid, 'SIGTERM'));`,
  'a listener that exits at once': `process.on('SIGTERM', (name, number) => {
      console.log(name, number);
      process.exit(5);
    });`,
  'an asynchronous listener': `process.on('SIGTERM', async () => {
      await new Promise((resolve) => server.close(resolve));
      console.log('closed');
      process.exitCode = 8;
    });`,
  'a listener that throws': `process.on('SIGTERM', () => { throw new Error('broken listener'); });`,
  'listeners that were removed again': `
    const listener = () => {};
    process.on('SIGTERM', listener).off('SIGTERM', listener);
    process.on('SIGTERM', listener).removeAllListeners('SIGTERM');`,
  'an emitted event, which is no signal': `
    console.log(process.emit('SIGTERM', 'SIGTERM'));
    process.once('SIGTERM', () => process.exit(2));`,
};

async function compare(t: TestContext, setUp: string, signal: NodeJS.Signals): Promise<void> {
  const { bare, sonde } = await sideBySide(t, {
    files: {
      'app.cjs': `
        const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
        const server = require('node:http').createServer((request, response) => response.end('ok'));
        server.listen(0, '127.0.0.1', async () => {
          ${setUp}
          console.log('ready');
        });`,
    },
    drive: async (program) => {
      await program.printed('ready');
      program.kill(signal);
    },
  });
  assert.equal(bare.timedOut, false, 'the program does not end without Sonde');
  assert.equal(sonde.timedOut, false, 'the program does not end with Sonde');
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
}

for (const [name, setUp] of Object.entries(libraries)) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} ends a program as without Sonde: ${name}`, (t) => compare(t, setUp, signal));
  }
}

for (const [name, setUp] of Object.entries(listeners)) {
  test(`SIGTERM has the same effect as without Sonde: ${name}`, (t) => compare(t, setUp, 'SIGTERM'));
}

const withoutExporters = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
};

test('a listener added before start() stays in control, even if it listens once', async (t) => {
  const app = `
    import { start } from '@sonde/otel';
    process.once('SIGTERM', (...details) => setTimeout(() => {
      console.log(details);
      process.exit(3);
    }, 50));
    start({ logs: { console: false } });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  await using program = await sourceProgram(t, { 'app.mjs': app }, withoutExporters);
  await program.printed('ready');
  program.kill('SIGTERM');
  assert.deepEqual(await program.ended, { code: 3, signal: null });
  assert.equal(program.stdout, "ready\n[ 'SIGTERM', 15 ]\n");
});
