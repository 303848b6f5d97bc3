import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { packageFlags, Program } from './program.ts';

const root = join(import.meta.dirname, '..', '..');

/** `examples/hello`, started by its own start script, on free ports. */
export interface Hello {
  readonly program: Program;
  readonly url: string;
  readonly metricsUrl: string;
}

/**
 * Starts the example, or one of its variants, and waits until it answers.
 *
 * @param variant its folder in `examples/hello`; empty for the example itself
 * @param env added to the environment
 */
export async function startHello(
  variant: '' | 'commonjs' | 'typescript',
  env: Readonly<Record<string, string>>,
): Promise<Hello> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const program = new Program('npm', ['start', '--silent'], {
    cwd: join(root, 'examples', 'hello', variant),
    env: {
      NODE_OPTIONS: packageFlags.join(' '),
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ...env,
    },
  });
  await program.printed('Listening on');
  return {
    program,
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://localhost:${metricsPort}/metrics`,
  };
}
