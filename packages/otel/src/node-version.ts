import nodeModule from 'node:module';
import { warnOnce } from './diagnostics/notice.ts';

/**
 * Whether this Node.js can run the pipeline; if not, that is told once. All of the package loads there, so that an
 * application on an old Node.js goes on without telemetry: names that old versions lack are not imported one by one.
 */
export function isNodeSupported(): boolean {
  // What 22.15 brought.
  if ('registerHooks' in nodeModule) return true;
  const message = `Node.js 22.15 or newer is needed and this is ${process.versions.node}: the application runs without telemetry`;
  warnOnce('SONDE_NODE_VERSION', 'node', message);
  return false;
}
