import nodeModule from 'node:module';
import { warnOnce } from './diagnostics/notice.ts';

/**
 * Whether this Node.js can run the pipeline; warns once if it cannot. The whole package loads on old versions too, so
 * that the application runs without telemetry: it imports no names that old versions lack.
 */
export function isNodeSupported(): boolean {
  // Added in 22.15.
  if ('registerHooks' in nodeModule) return true;
  const message = `Node.js >= 22.15 is required (found ${process.versions.node}): telemetry is disabled`;
  warnOnce('SONDE_NODE_VERSION', 'node', message);
  return false;
}
