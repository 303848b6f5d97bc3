import { join } from 'node:path';
import { lockedModules } from '../support/locked-modules.ts';

/**
 * Returns the `node_modules` of a peer, installed from its lock file on first use. Rejects if the registry is
 * unreachable.
 *
 * @param name folder in `parent`
 * @param parent folder of the peers. @default peers/ next to this file
 */
export function peerModules(
  name: string,
  parent: string = join(import.meta.dirname, 'peers'),
): Promise<string> {
  return lockedModules(join(parent, name));
}
