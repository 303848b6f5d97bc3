import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Traces from '@opentelemetry/sdk-trace';

const load = createRequire(import.meta.url);

/** The same copy that an import gives, so that what it needs is not loaded twice; a CommonJS build cannot resolve so. */
function same(name: string): unknown {
  const { resolve }: Partial<ImportMeta> = import.meta;
  return load(resolve === undefined ? name : fileURLToPath(resolve(name)));
}

/** Upstream's SDK for spans, loaded when something of it is used: the lean engine needs its types alone. */
export const sdkTrace = (): typeof Traces => same('@opentelemetry/sdk-trace') as typeof Traces;
