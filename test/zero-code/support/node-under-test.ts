import type { TestContext } from 'node:test';
import { needs } from '../../support/needs.ts';
import { nodeBinary, nodeVersions } from '../../support/node-versions.ts';
import { applications } from './applications.ts';

/** The versions of Node.js that the tests run programs with. */
export const versionsUnderTest: readonly string[] = [process.versions.node, ...nodeVersions];

/**
 * The binary of a version, once the applications are installed too; undefined, with the test skipped, when the
 * registry cannot be reached.
 */
export async function nodeUnderTest(t: TestContext, version: string): Promise<string | undefined> {
  try {
    await applications();
    return version === process.versions.node ? process.execPath : await nodeBinary(version);
  } catch (error) {
    needs(t, `packages from the registry of npm: ${(error as Error).message.slice(0, 300)}`);
    return undefined;
  }
}
