import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

const cache = join(import.meta.dirname, '..', '..', '.cache', 'go');

/** Programs of one Go module. */
export interface GoModule {
  /** Its path. */
  readonly path: string;
  /** `v1.2.3` */
  readonly version: string;
  /** The folders of the programs in the module. */
  readonly programs: readonly string[];
  /** Build tags. */
  readonly tags?: readonly string[];
}

/**
 * The folder of programs that are built from a Go module, once for each version and choice of tags; it takes minutes
 * the first time. Rejects when they cannot be built.
 *
 * @param go the path of the Go tool
 */
export async function buildGoPrograms(go: string, module: GoModule): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(module)).digest('hex').slice(0, 16);
  const folder = join(cache, key);
  if (await exists(folder)) return folder;

  await mkdir(cache, { recursive: true });
  const source = await mkdtemp(join(tmpdir(), 'sonde-go-'));
  const staging = `${folder}.${process.pid}`;
  try {
    await writeFile(
      join(source, 'go.mod'),
      `module sonde\ngo 1.26\nrequire ${module.path} ${module.version}\n`,
    );
    const packages = module.programs.map((program) => `${module.path}/${program}`);
    const flags = ['-mod=mod', `-tags=${(module.tags ?? []).join(',')}`, `-o=${staging}/`];
    const { code, output } = await run(go, ['build', ...flags, ...packages], source);
    if (code !== 0) throw new Error(`${module.path} cannot be built: ${output.slice(-2000)}`);
    await rename(staging, folder).catch(async (error: unknown) => {
      // Another test process may have created it first.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(source, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
