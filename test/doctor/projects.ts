import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'node:test';
import { Ajv } from 'ajv';
import type { Diagnosis } from '../../packages/dev/src/doctor/diagnosis.ts';
import { Program } from '../support/program.ts';

const bin = fileURLToPath(new URL('../../packages/dev/bin/sonde.mjs', import.meta.url));

const schema = new URL('../../packages/dev/doctor.schema.json', import.meta.url);
const validate = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(schema, 'utf8')));

/** A program, and how the doctor examines it. */
export interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of `sonde doctor`. */
  readonly args?: readonly string[];
}

/** Writes files into a folder below this one, which finds the packages of the repository. */
export async function writeProject(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(import.meta.dirname, '.program-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ 'package.json': '{"name":"program"}', ...files })) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return directory;
}

/** Runs the doctor. */
export async function runDoctor(
  directory: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  // The workspace is not built for the command, which runs from its sources.
  const options = `--conditions=@sonde/source ${env['NODE_OPTIONS'] ?? ''}`.trim();
  await using program = new Program(process.execPath, [bin, 'doctor', ...args], {
    cwd: directory,
    env: { ...env, NODE_OPTIONS: options },
  });
  const { code } = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** The diagnosis of the doctor. @throws for output that the schema does not allow */
export async function diagnose(t: TestContext, { files, env, args = [] }: Case): Promise<Diagnosis> {
  const directory = await writeProject(t, files);
  const { stdout, stderr } = await runDoctor(directory, ['--json', ...args], env);
  try {
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    if (!validate(diagnosis)) throw new Error(JSON.stringify(validate.errors));
    return diagnosis;
  } catch (error) {
    throw new Error(`no diagnosis:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The codes of a diagnosis. */
export const codes = ({ findings }: Diagnosis): string[] => findings.map(({ code }) => code);
