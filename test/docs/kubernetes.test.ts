import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readSnippets } from './snippets.ts';

const root = join(import.meta.dirname, '..', '..');
const lines = (await readSnippets('docs/guide/kubernetes.md'))
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'));

/** Values of a flag in all documented commands. */
const listValues = (flag: string): string[] =>
  lines.flatMap((line) => {
    const words = line.split(' ');
    const at = words.indexOf(flag);
    return at === -1 ? [] : [words[at + 1] ?? ''];
  });

test('the documented Dockerfiles and directories exist', async () => {
  const dockerfiles = listValues('--file');
  const directories = listValues('--kustomize');
  assert.deepEqual(directories, ['deploy/base', 'deploy/injection', 'deploy/overlays/scale']);
  assert.equal(dockerfiles.length, 2);
  await Promise.all(
    [...dockerfiles, ...directories.map((path) => `${path}/kustomization.yaml`)].map((path) =>
      stat(join(root, path)),
    ),
  );
});

test('the documented images are those of the manifests', async () => {
  const application = parse(
    await readFile(join(root, 'deploy/base/application/kustomization.yaml'), 'utf8'),
  ) as { images: { name: string; newTag: string }[] };
  const injection = parse(await readFile(join(root, 'deploy/injection/instrumentation.yaml'), 'utf8')) as {
    spec: { nodejs: { image: string } };
  };
  const images = [
    ...application.images.map(({ name, newTag }) => `${name}:${newTag}`),
    injection.spec.nodejs.image,
  ];
  assert.deepEqual(listValues('--tag'), images);
});
