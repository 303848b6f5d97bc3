'use strict';
// Loaded first in every Node program under `sonde dev`: starts @sonde/otel where the program does not start it itself.
const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

/** Reads a file; nothing for one that cannot be read. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The file that a path without extension stands for. */
function findFile(name) {
  const endings = ['', '.js', '.cjs', '.mjs', '.ts', '.cts', '.mts', '/index.js', '/index.ts'];
  return endings.map((ending) => name + ending).find((file) => existsSync(file) && read(file) !== '');
}

/** Whether a file starts a set-up for telemetry: ours, or upstream's, which two at once would only disturb. */
function startsTelemetry(file) {
  if (file === undefined) return false;
  const source = read(file);
  return (
    /@sonde\/otel\/register['"]/.test(source) ||
    (/['"]@sonde\/otel['"]/.test(source) && /\bstart\s*\(/.test(source)) ||
    /['"]@opentelemetry\/(?:sdk-node|auto-instrumentations-node(?:\/register)?)['"]/.test(source)
  );
}

/** Modules that the command line loads before the program. */
function preloaded() {
  const args = process.execArgv;
  return args.flatMap((arg, index) => {
    const [, flag, value] = /^(-r|--require|--import)(?:=(.*))?$/.exec(arg) ?? [];
    return flag === undefined ? [] : [value ?? args[index + 1] ?? ''];
  });
}

/** Whether the program starts telemetry itself: by a preload, in its first file, or in a file which that one loads. */
function programStarts() {
  const names = preloaded();
  if (names.some((name) => /^@sonde\/otel\/register$|^@opentelemetry\/auto-instrumentations-node/.test(name)))
    return true;
  if (
    names.some(
      (name) =>
        /^(?:[./]|file:)/.test(name) &&
        startsTelemetry(findFile(path.resolve(name.replace(/^file:\/\//, '')))),
    )
  ) {
    return true;
  }
  const entry = process.argv[1] === undefined ? undefined : findFile(path.resolve(process.argv[1]));
  if (entry === undefined || /[\\/]node_modules[\\/]/.test(entry)) return false;
  if (startsTelemetry(entry)) return true;
  const loads = read(entry).matchAll(
    /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"](\.{1,2}\/[^'"]+)['"]/g,
  );
  return [...loads].some(([, loaded]) => startsTelemetry(findFile(path.join(path.dirname(entry), loaded))));
}

/** `@sonde/otel/register`: the program's own, else the one that `sonde dev` found. */
function findRegister() {
  try {
    return createRequire(path.join(process.cwd(), 'package.json')).resolve('@sonde/otel/register');
  } catch {
    return process.env.SONDE_DEV_REGISTER;
  }
}

if (isMainThread && process.env.SONDE_DEV_ENDPOINT !== undefined) {
  require('./open-spans.cjs').reportOpenSpans();
  require('./loaded-packages.cjs').reportLoadedPackages();
  // A worker of a cluster is no new start of its program.
  if (process.env.NODE_UNIQUE_ID === undefined) {
    const { SONDE_DEV_COMMAND: command } = process.env;
    require('./post.cjs').post('processes', {
      command: Number(command),
      pid: process.pid,
      program: process.argv[1],
    });
  }
  const register = programStarts() ? undefined : findRegister();
  try {
    if (register !== undefined) require(register);
  } catch (error) {
    process.stderr.write(`sonde dev: ${register} cannot be loaded: ${error.message}\n`);
  }
}
