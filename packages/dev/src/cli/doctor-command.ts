import { parseArgs } from 'node:util';
import { diagnose, exitCodeFor } from '../doctor/diagnosis.ts';
import { pageFor } from '../doctor/finding.ts';
import { formatDiagnosis } from '../doctor/report-text.ts';
import { ruleGroups, rules } from '../doctor/rules.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

const flags = {
  request: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  explain: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `sonde doctor --help` */
const doctorHelp: string = `sonde doctor: why there is no telemetry

Usage: sonde doctor [options] [-- command [arguments]]

  sonde doctor                          check the project in this directory
  sonde doctor -- node app.js           run the program, compare recorded with
                                        received telemetry, and stop it
  sonde doctor --request /users/42 -- node app.js

Options:
      --request PATH       send GET PATH to the program; repeatable
      --json               print JSON
      --list               list the codes of all findings
      --explain CODE       explain a code
      --help               show this help

Exit codes: 0 fine, 1 warnings, 2 broken, 3 could not run
`;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values;
  } catch (error) {
    const { message } = error as Error;
    const [, flag = ''] = /'(--?[^\s'=]+)/.exec(message) ?? [];
    const near = nearest(
      flag,
      Object.keys(flags).map((name) => `--${name}`),
    );
    throw new UsageError(
      near === undefined || near === flag ? message : `${flag}: no such option; did you mean ${near}?`,
    );
  }
}

function explain(given: string): void {
  const code = given.toUpperCase();
  const rule = rules.find((each) => each.code === code);
  if (rule === undefined) {
    const near = nearest(
      code,
      rules.map((each) => each.code),
    );
    throw new UsageError(
      `--explain: ${JSON.stringify(given)} is no code; ${near === undefined ? 'sonde doctor --list shows them' : `did you mean ${near}?`}`,
    );
  }
  process.stdout.write(`${rule.code}: ${rule.title}\n\n${rule.explanation}\n\n${pageFor(code)}\n`);
}

/** Runs `sonde doctor`. Resolves to the exit code. */
export async function runDoctor(args: readonly string[]): Promise<number> {
  const end = args.indexOf('--');
  const own = parse(end === -1 ? args : args.slice(0, end));
  const command = end === -1 ? [] : args.slice(end + 1);
  if (own.help === true) {
    process.stdout.write(doctorHelp);
    return 0;
  }
  if (own.list === true) {
    const sections = ruleGroups.map(
      (group) =>
        `${group.title}\n${group.rules.map(({ code, title }) => `  ${code.padEnd(32)} ${title}\n`).join('')}`,
    );
    process.stdout.write(sections.join('\n'));
    return 0;
  }
  if (own.explain !== undefined) {
    explain(own.explain);
    return 0;
  }
  const requests = own.request ?? [];
  const wrong = requests.find((path) => !path.startsWith('/'));
  if (wrong !== undefined)
    throw new UsageError(
      `--request: ${JSON.stringify(wrong)} is not allowed; expected a path such as /users/42`,
    );
  if (requests.length > 0 && command.length === 0)
    throw new UsageError('--request: expected a command, as in sonde doctor --request / -- node app.js');
  const diagnosis = await diagnose(process.cwd(), { command, requests });
  const color = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const width = Math.max(40, Math.min(process.stdout.columns ?? 80, 100));
  process.stdout.write(
    own.json === true
      ? `${JSON.stringify(diagnosis, null, 2)}\n`
      : formatDiagnosis(diagnosis, { width, color }),
  );
  return exitCodeFor(diagnosis);
}
