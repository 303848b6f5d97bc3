import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const root = join(import.meta.dirname, '..', '..');
const source = join(root, 'test/deploy/validator');

/**
 * The path of the program that renders manifests with kustomize and validates them as an API server does, built
 * from Go modules once for each content of its source; it takes minutes the first time. Rejects when it cannot
 * be built.
 *
 * @param go the path of the Go tool
 */
export async function buildValidator(go: string): Promise<string> {
  const hash = createHash('sha256');
  const texts = await Promise.all(
    ['go.mod', 'go.sum', 'main.go'].map((name) => readFile(join(source, name))),
  );
  for (const text of texts) hash.update(text);
  const folder = join(root, '.cache/validator', hash.digest('hex').slice(0, 16));
  const binary = join(folder, 'validator');
  const built = await access(binary, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (built) return binary;
  await mkdir(folder, { recursive: true });
  const staging = `${binary}.${process.pid}`;
  const { code, output } = await run(go, ['build', '-o', staging, '.'], source);
  if (code !== 0) throw new Error(`the validator cannot be built: ${output.slice(-2000)}`);
  await rename(staging, binary);
  return binary;
}

/** A Kubernetes object. */
export interface Manifest<Spec = unknown> {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: Spec;
  /** The files of a ConfigMap. */
  readonly data?: Readonly<Record<string, string>>;
}

/** Rendered objects and validation errors. */
export interface Rendering {
  readonly objects: readonly Manifest[];
  /** Validation errors, each with its object. */
  readonly faults: readonly string[];
  /** Objects of kinds that the validator does not know. */
  readonly unchecked: readonly string[];
}

/**
 * Renders a directory that has a kustomization. Rejects with what kustomize says when it cannot.
 *
 * @param directory absolute, or from the root of the repository
 */
export async function render(validator: string, directory: string): Promise<Rendering> {
  const { code, output } = await run(validator, [directory], root);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output) as Rendering;
}

/** The rendered objects of these kinds, whose `spec` is of this type. */
export function ofKind<Spec>(rendering: Rendering, ...kinds: readonly string[]): readonly Manifest<Spec>[] {
  return rendering.objects.filter(({ kind }) => kinds.includes(kind)) as readonly Manifest<Spec>[];
}
