import { version } from '../version.ts';
import { parseDevOptions } from './dev-options.ts';
import { devHelp, help } from './help.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

/** The exit code of a command line that cannot be right. */
const usageExitCode = 2;

async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(help);
    return command === undefined ? usageExitCode : 0;
  }
  if (command === '--version' || command === '-v') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (command !== 'dev') {
    const near = nearest(command, ['dev', '--help', '--version']);
    const hint = near === undefined ? 'expected dev, --help or --version' : `did you mean ${near}?`;
    throw new UsageError(`${JSON.stringify(command)}: no such command; ${hint}`);
  }
  const options = parseDevOptions(rest);
  if (options.help) {
    process.stdout.write(devHelp);
    return 0;
  }
  // Loaded late: help and faults of the command line are answered at once.
  const { runDev } = await import('./dev-command.ts');
  return runDev(options);
}

/** The `sonde` command. Sets the exit code; faults go to standard error in one line. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await run(args);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`sonde: ${(error as Error).message}\n`);
    if (isUsage) process.stderr.write('sonde dev --help shows the options\n');
    process.exitCode = isUsage ? usageExitCode : 1;
  }
}
