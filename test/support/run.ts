import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Outcome of a finished program. */
export interface Outcome {
  readonly code: number | string;
  /** Both streams, standard output first. */
  readonly output: string;
}

/** Runs a program to its end; a failure is an outcome, not an error. */
export function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  execFile(command, args, { cwd, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
    resolve({ code: error?.code ?? 0, output: stdout + stderr });
  });
  return promise;
}

/** The path of a program in `PATH`; undefined when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, name));
  const found = await Promise.all(
    places.map((place) =>
      access(place, constants.X_OK).then(
        () => place,
        () => undefined,
      ),
    ),
  );
  return found.find((place) => place !== undefined);
}
