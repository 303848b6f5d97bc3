import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Program } from '../support/program.ts';
import { installation, project } from './installation.ts';
import { kinds, program } from './loading.ts';

const timeout = 120_000;
const env = { OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

async function readOutput(cwd: string, ...args: readonly string[]): Promise<string> {
  await using child = new Program(process.execPath, [...args], { cwd, env });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.output);
  return child.output;
}

/** Program that creates a tracer and a logger before start() and uses them afterwards. */
const early = `
  const tracer = trace.getTracer('early');
  const logger = logs.getLogger('early');
  start({ serviceName: 'shop' });
  tracer.startActiveSpan('work', (span) => {
    console.log('recording', span.isRecording(), logger.enabled(), trace.getActiveSpan() === span);
    span.end();
  });`;

for (const kind of kinds) {
  test(`tracers and loggers created before start() are connected (${kind})`, { timeout }, async (t) => {
    const uses = { '@opentelemetry/api': ['logs', 'trace'], '@sonde/otel': ['start'] };
    const cwd = await project(t, { [`app.${kind}`]: program(kind, uses, early) });
    assert.match(await readOutput(cwd, `app.${kind}`), /recording true true true/);
  });
}

/** Copies an installed package into a project. */
async function take(cwd: string, name: string): Promise<void> {
  const place = join(cwd, 'node_modules', name);
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true });
  await cp(join(await installation(), 'node_modules', name), place, { recursive: true });
}

/** A project whose copy of the API is a later patch than the one that Sonde was built with. */
async function projectWithLaterApi(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await project(t, files);
  const modules = join(cwd, 'node_modules');
  await rm(modules);
  await mkdir(join(modules, '@opentelemetry'), { recursive: true });
  const home = join(await installation(), 'node_modules');
  const links = async (folder: string): Promise<void> => {
    for (const name of await readdir(join(home, folder))) {
      const path = join(folder, name);
      const isScope = path === '@opentelemetry' || path === '@sonde';
      if (!isScope) await symlink(join(home, path), join(modules, path), 'junction');
    }
  };
  await links('');
  await links('@opentelemetry');
  for (const name of ['@sonde/otel', '@sonde/exporters', '@opentelemetry/api']) await take(cwd, name);
  const api = join(modules, '@opentelemetry', 'api');
  for (const file of ['package.json', 'dist/version.cjs', 'dist/internal/global-utils.cjs']) {
    const text = await readFile(join(api, file), 'utf8');
    await writeFile(join(api, file), text.replaceAll('1.10.0', '1.10.77'));
  }
  return cwd;
}

test('a copy of the API of another version can register providers', { timeout }, async (t) => {
  const app = `
    const { diag, trace } = require('@opentelemetry/api');
    const warnings = [];
    const keep = (text) => warnings.push(text);
    const logger = { error: keep, warn: keep, info: keep, debug() {}, verbose() {} };
    console.log('registered', diag.setLogger(logger));
    diag.warn('heard');
    console.log('kept', warnings.at(-1), trace.getTracer('app').startSpan('work').isRecording());`;
  const cwd = await projectWithLaterApi(t, { 'app.cjs': app });
  const output = await readOutput(cwd, '--require', '@sonde/otel/register', 'app.cjs');
  assert.match(output, /registered true\nkept heard true/);
});
