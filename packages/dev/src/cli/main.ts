import { version } from '../version.ts';
import { parseDevOptions } from './dev-options.ts';
import { devHelp, help } from './help.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

/** The exit code of a command line that cannot be right. */
const usageExitCode = 2;
/** The exit code of a doctor that could not run. */
const doctorFailure = 3;

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
  if (command === 'doctor') {
    const { runDoctor } = await import('./doctor-command.ts');
    return runDoctor(rest);
  }
  if (command !== 'dev') {
    const near = nearest(command, ['dev', 'doctor', '--help', '--version']);
    const hint = near === undefined ? 'expected dev, doctor, --help or --version' : `did you mean ${near}?`;
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
    const isDoctor = args[0] === 'doctor';
    if (isUsage) process.stderr.write(`sonde ${isDoctor ? 'doctor' : 'dev'} --help shows the options\n`);
    // The other exit codes of the doctor are verdicts.
    process.exitCode = isDoctor ? doctorFailure : isUsage ? usageExitCode : 1;
  }
}
