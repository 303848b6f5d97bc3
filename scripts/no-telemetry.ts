// Generates docs/guide/no-telemetry.md from the rules of `sonde doctor`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ruleGroups } from '../packages/dev/src/doctor/rules.ts';

/** Path of the page. */
export const page: string = join(import.meta.dirname, '..', 'docs', 'guide', 'no-telemetry.md');

/** Renders the page. */
export function noTelemetry(): string {
  const sections = ruleGroups.map(({ title, rules }) => {
    const texts = rules.map(({ code, title: name, explanation, weight }) => {
      const consequence = weight === 'broken' ? 'Telemetry is lost.' : 'Telemetry is incomplete or wrong.';
      return `### ${code}\n\n**${name[0]?.toUpperCase()}${name.slice(1)}.** ${consequence}\n\n${explanation}\n`;
    });
    return `## ${title}\n\n${texts.join('\n')}`;
  });
  return `# No telemetry?

\`npx sonde doctor\` checks a project and its OTLP endpoint, usually in under two seconds. With a command, the doctor also runs the
program, receives its telemetry, compares the recorded telemetry with the received telemetry, and stops the program:

    npx sonde doctor --request /users/42 -- node app.js

The verdict comes first, then the findings: cause, proof and fix. The exit code is 0 for fine, 1 for warnings, 2 for broken, and 3
if the doctor could not run. \`--json\` prints the result as JSON, \`--list\` prints all codes, and \`--explain CODE\` prints the
section of one code.

\`npm run reference\` generates this page from the rules in \`packages/dev/src/doctor\`.

${sections.join('\n')}`;
}

if (import.meta.main) await writeFile(page, noTelemetry());
