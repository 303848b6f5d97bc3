import { join } from 'node:path';
import { peerFolder } from '../peer.ts';

/** Server of a program. */
export const stacks = ['router', 'node:http', 'fastify', 'hono', 'express'] as const;
export type Stack = (typeof stacks)[number];

/** A program to measure: a server and its preloaded telemetry. */
export interface Row {
  readonly name: string;
  readonly stack: Stack;
  /** Role: `bare` is the reference of its stack, `control` repeats it. */
  readonly part:
    | 'bare'
    | 'control'
    | 'beside'
    | 'official'
    | 'peer'
    | 'classic'
    | 'standard'
    | 'lean'
    | 'with';
  readonly app: string;
  readonly preload?: string;
  readonly env: () => Readonly<Record<string, string>>;
}

const app = (name: string): string => join(import.meta.dirname, 'apps', `${name}.cjs`);
const telemetry = (name: string): string => join(import.meta.dirname, 'telemetry', `${name}.cjs`);

/** Folder with the framework of a stack; some folders also contain its telemetry. */
const frameworks: Readonly<Partial<Record<Stack, string>>> = {
  fastify: 'fastify-otel',
  hono: 'hono-otel',
  express: 'express',
};

const apps: Readonly<Record<Stack, string>> = {
  router: app('router'),
  'node:http': app('node-http'),
  fastify: app('fastify'),
  hono: app('hono'),
  express: app('express'),
};

const titles: Readonly<Record<Stack, string>> = {
  router: 'Sonde’s router',
  'node:http': 'node:http',
  fastify: 'Fastify',
  hono: 'Hono',
  express: 'Express',
};

function row(
  stack: Stack,
  part: Row['part'],
  name: string,
  loaded?: {
    readonly preload: string;
    readonly sdk?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Row {
  const framework = frameworks[stack];
  const env = (): Record<string, string> => ({
    ...(framework === undefined ? {} : { BENCH_APP: peerFolder(framework) }),
    ...(loaded?.sdk === undefined ? {} : { BENCH_SDK: peerFolder(loaded.sdk) }),
    ...loaded?.env,
  });
  const preload = loaded === undefined ? {} : { preload: telemetry(loaded.preload) };
  return { name, stack, part, app: apps[stack], ...preload, env };
}

const bare = (stack: Stack): Row => row(stack, 'bare', `${titles[stack]}, bare`);

const control = (stack: Stack): Row => row(stack, 'control', `${titles[stack]}, bare, again (control)`);

const sonde = (stack: Stack): Row[] =>
  (['standard', 'lean'] as const).map((engine) =>
    row(stack, engine, `${titles[stack]} + Sonde, ${engine}`, {
      preload: 'sonde',
      env: { BENCH_ENGINE: engine },
    }),
  );

/** The lean engine together with the instrumentation of the framework, which creates additional spans. */
const both = (stack: Stack, packageName: string, sdk: string): Row =>
  row(stack, 'with', `${titles[stack]} + Sonde, lean, with ${packageName}`, {
    preload: 'sonde',
    sdk,
    env: { BENCH_ENGINE: 'lean', BENCH_WITH: packageName },
  });

/** All programs, the bare one of each stack first. */
export const rows: readonly Row[] = [
  bare('router'),
  control('router'),
  { ...row('node:http', 'beside', 'node:http, bare, beside it'), stack: 'router' },
  ...sonde('router'),
  bare('node:http'),
  control('node:http'),
  row('node:http', 'official', 'node:http + instrumentation-http, NodeSDK', {
    preload: 'official',
    sdk: 'sdk-node',
  }),
  row('node:http', 'peer', 'node:http + auto-instrumentations', {
    preload: 'auto',
    sdk: 'auto-instrumentations-node',
  }),
  row('node:http', 'peer', 'node:http + Elastic', { preload: 'elastic', sdk: 'elastic' }),
  row('node:http', 'peer', 'node:http + autotel', { preload: 'autotel', sdk: 'autotel-http' }),
  row('node:http', 'classic', 'node:http + prom-client + pino', { preload: 'classic', sdk: 'classic' }),
  ...sonde('node:http'),
  bare('fastify'),
  row('fastify', 'official', 'Fastify + @fastify/otel + instrumentation-http', {
    preload: 'fastify-otel',
    sdk: 'fastify-otel',
  }),
  ...sonde('fastify'),
  both('fastify', '@fastify/otel', 'fastify-otel'),
  bare('hono'),
  row('hono', 'official', 'Hono + @hono/otel + instrumentation-http', {
    preload: 'hono-otel',
    sdk: 'hono-otel',
  }),
  ...sonde('hono'),
  both('hono', '@hono/otel', 'hono-otel'),
  bare('express'),
  row('express', 'official', 'Express + auto-instrumentations', {
    preload: 'auto',
    sdk: 'auto-instrumentations-node',
  }),
  ...sonde('express'),
  both('express', '@opentelemetry/instrumentation-express', 'auto-instrumentations-node'),
];
