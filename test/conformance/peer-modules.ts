import { join } from 'node:path';
import { lockedModules } from '../support/locked-modules.ts';

/**
 * The `node_modules` of a peer, installed from its own lockfile when it is missing. Rejects when the registry cannot
 * be reached.
 *
 * @param name its folder in `parent`
 * @param parent where its package.json and lockfile are. @default peers/ beside this file
 */
export function peerModules(
  name: string,
  parent: string = join(import.meta.dirname, 'peers'),
): Promise<string> {
  return lockedModules(join(parent, name));
}
