import nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { applicationFolder } from '../../config/package-json.ts';
import type { Candidate } from '../candidate.ts';
import { createAdonisHook } from './adonisjs.ts';
import { createApolloHook } from './apollo.ts';
import { createConnectHook } from './connect.ts';
import { createExpressHook } from './express.ts';
import { createFastifyHook } from './fastify.ts';
import { FrameworkHook } from './framework-hook.ts';
import { createH3Hook } from './h3.ts';
import { createHapiHook } from './hapi.ts';
import { createHonoHook } from './hono.ts';
import { createKoaHook } from './koa.ts';
import { createNestHook } from './nestjs.ts';
import { createPolkaHook } from './polka.ts';
import { createRestifyHook } from './restify.ts';
import { createTrpcHook } from './trpc.ts';

interface Framework {
  readonly name: string;
  readonly create: () => Instrumentation;
  /** The package whose ES modules are hooked if it is installed: hooks of ES modules are expensive. */
  readonly needs?: string;
}

const frameworks: readonly Framework[] = [
  { name: 'adonisjs', create: createAdonisHook },
  { name: 'apollo', create: createApolloHook, needs: '@apollo/server' },
  { name: 'connect', create: createConnectHook, needs: 'connect' },
  { name: 'express', create: createExpressHook },
  { name: 'fastify', create: createFastifyHook },
  { name: 'h3', create: createH3Hook },
  { name: 'hapi', create: createHapiHook },
  { name: 'hono', create: createHonoHook, needs: 'hono' },
  { name: 'koa', create: createKoaHook },
  { name: 'nestjs-core', create: createNestHook, needs: '@nestjs/core' },
  { name: 'polka', create: createPolkaHook },
  { name: 'restify', create: createRestifyHook },
  { name: 'trpc', create: createTrpcHook, needs: '@trpc/server' },
];

/** Whether the application can load a package. */
function isInstalled(packageName: string): boolean {
  const base = pathToFileURL(join(applicationFolder(), 'package.json'));
  try {
    return nodeModule.findPackageJSON(packageName, base) !== undefined;
  } catch {
    // It throws for a package that is not installed.
    return false;
  }
}

/** The names of the frameworks. */
export const frameworkNames: readonly string[] = frameworks.map(({ name }) => name);

/** Returns the hooks of frameworks, which report routes and errors on the span of a request. */
export function frameworkCandidates(): Candidate[] {
  return frameworks.map(({ create, name, needs }) => ({
    name,
    packageName: '@sonde/otel',
    optIn: false,
    isComplement: true,
    create: () => {
      const hook = create();
      // The package may be a part of the bundle.
      if (needs !== undefined && hook instanceof FrameworkHook) hook.hooksEsModules &&= isInstalled(needs);
      return [hook];
    },
  }));
}
