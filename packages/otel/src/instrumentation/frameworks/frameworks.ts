import nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { applicationFolder } from '../../config/package-json.ts';
import type { Candidate } from '../candidate.ts';
import { createExpressHook } from './express.ts';
import { createFastifyHook } from './fastify.ts';
import { createHonoHook } from './hono.ts';
import { createKoaHook } from './koa.ts';
import { createNestHook } from './nestjs.ts';

interface Framework {
  readonly name: string;
  readonly create: () => Instrumentation;
  /** The package that must be installed: its hook is expensive, because it is for ES modules. */
  readonly needs?: string;
}

const frameworks: readonly Framework[] = [
  { name: 'express', create: createExpressHook },
  { name: 'fastify', create: createFastifyHook },
  { name: 'hono', create: createHonoHook, needs: 'hono' },
  { name: 'koa', create: createKoaHook },
  { name: 'nestjs-core', create: createNestHook, needs: '@nestjs/core' },
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
    create: () => (needs === undefined || isInstalled(needs) ? [create()] : []),
  }));
}
