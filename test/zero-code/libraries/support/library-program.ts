import { rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { lockedModules } from '../../../support/locked-modules.ts';
import { needs } from '../../../support/needs.ts';
import { OtlpSink, type Received } from '../../../support/otlp-sink.ts';
import type { Kind } from '../../../packaging/loading.ts';
import { loadPlugins } from '../../../packaging/bundlers.ts';
import { application } from '../../support/applications.ts';
import { nodeUnderTest } from '../../support/node-under-test.ts';
import { runApplication } from '../../support/run-application.ts';
import { source } from '../../support/source.ts';

/** The versions of the libraries that a program uses: a folder with a lock file beside the tests. */
export type Generation = 'newest' | 'oldest' | 'graphql-16' | 'sentry';

/** An unmodified program. */
export interface LibraryProgram {
  readonly generation: Generation;
  readonly kind: Kind;
  /** The direct dependencies of the program: what Sonde finds installed. */
  readonly dependencies: readonly string[];
  readonly uses: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether esbuild puts the program and its libraries into one file, without or with the plug-in of Sonde. */
  readonly isBundled?: boolean | 'with the plug-in';
  /** The version of Node.js. @default the one that runs the test */
  readonly node?: string;
}

/** Bundles a program into one file, of the kind that it has, and returns its name. */
async function bundle(folder: string, kind: Kind, withPlugin: boolean): Promise<string> {
  const { build } = createRequire(join(folder, 'package.json'))('esbuild') as {
    build: (options: object) => Promise<unknown>;
  };
  const outfile = `bundle.${kind}`;
  await build({
    absWorkingDir: folder,
    entryPoints: [`app.${kind}`],
    outfile,
    bundle: true,
    format: kind === 'cjs' ? 'cjs' : 'esm',
    platform: 'node',
    // Optional packages of NestJS, and of Restify.
    external: [
      '@opentelemetry/api',
      '@nestjs/microservices',
      '@nestjs/microservices/*',
      '@nestjs/websockets',
      '@nestjs/websockets/*',
      'class-transformer',
      'class-transformer/*',
      'class-validator',
      'dtrace-provider',
    ],
    plugins: withPlugin ? [loadPlugins(folder).esbuildPlugin()] : [],
    logLevel: 'silent',
  });
  // The libraries are in the bundle.
  await rm(join(folder, 'node_modules'));
  return outfile;
}

/** Runs a program to its end with `--require @sonde/otel/register` alone; undefined, with the test skipped, offline. */
export async function runLibraryProgram(
  t: TestContext,
  {
    body,
    dependencies,
    generation,
    isBundled = false,
    kind,
    node = process.versions.node,
    uses,
  }: LibraryProgram,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly sink: OtlpSink; readonly output: string } | undefined> {
  const binary = await nodeUnderTest(t, node);
  if (binary === undefined) return undefined;
  let modules: string;
  try {
    modules = await lockedModules(join(import.meta.dirname, '..', generation));
  } catch (error) {
    needs(t, `packages from the registry of npm: ${(error as Error).message.slice(0, 300)}`);
    return undefined;
  }
  const sink = await OtlpSink.start();
  t.after(() => sink[Symbol.asyncDispose]());
  const cwd = await application(t, dependencies, { [`app.${kind}`]: source(kind, uses, body) });
  await symlink(modules, join(cwd, 'node_modules'));
  const main = isBundled ? await bundle(cwd, kind, isBundled === 'with the plug-in') : `app.${kind}`;
  const { output } = await runApplication(binary, ['--require', '@sonde/otel/register', main], {
    cwd,
    sink,
    env,
  });
  return { sink, output };
}

/** The spans of servers. */
export const serverSpans = ({ spans }: OtlpSink): Received[] => spans.filter(({ raw }) => raw['kind'] === 2);

/** The spans of one instrumentation of Sonde, in the order of their ends. */
export const spansFrom = ({ spans }: OtlpSink, library: string): Received[] =>
  spans.filter(({ scope }) => scope === `@sonde/instrumentation-${library}`);

/** The id of the parent span; empty for a root. */
export const parentId = ({ raw }: Received): string =>
  Buffer.from((raw['parentSpanId'] as Uint8Array | undefined) ?? []).toString('hex');

interface SpanEvent {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** The messages of the exceptions of a span. */
export function exceptionMessages({ raw }: Received): (string | undefined)[] {
  const events = (raw['events'] as readonly SpanEvent[] | undefined) ?? [];
  return events
    .filter(({ name }) => name === 'exception')
    .map(({ attributes }) => attributes.find(({ key }) => key === 'exception.message')?.value.stringValue);
}

interface DataPoint {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly count?: unknown;
}

/** The points of a histogram: their attributes, and how many values they have. */
export function histogramPoints(
  { metrics }: OtlpSink,
  name: string,
): { readonly attributes: Readonly<Record<string, unknown>>; readonly count: number }[] {
  return metrics
    .filter((metric) => metric.name === name)
    .flatMap(({ raw }) => (raw['histogram'] as { dataPoints: readonly DataPoint[] }).dataPoints)
    .map(({ attributes, count }) => ({
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
      count: Number(count),
    }));
}
