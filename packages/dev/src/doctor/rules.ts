import type { EndpointReport } from './endpoint-probe.ts';
import { applyRules, type Finding, pageFor, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { comparisonRules } from './rules/comparison.ts';
import { endpointRules } from './rules/endpoint.ts';
import { entryRules } from './rules/entry.ts';
import { environmentRules } from './rules/environment.ts';
import { packageRules } from './rules/packages.ts';
import type { RunReport } from './run-report.ts';

const staticRules: readonly Rule<Project>[] = [...environmentRules, ...packageRules, ...entryRules];

/** A rule without its check. */
export type RuleText = Omit<Rule<never>, 'check'>;

/** Every rule by group, in the order of the guide. */
export const ruleGroups: readonly { readonly title: string; readonly rules: readonly RuleText[] }[] = [
  { title: 'Environment', rules: environmentRules },
  { title: 'Packages', rules: packageRules },
  { title: 'Start of the program', rules: entryRules },
  { title: 'Endpoint', rules: endpointRules },
  { title: 'Comparison of a run', rules: comparisonRules },
];

/** Every rule. */
export const rules: readonly RuleText[] = ruleGroups.flatMap((group) => group.rules);

/** Judges what can be known without running the program. */
export const checkProject = (project: Project): Finding[] => applyRules(staticRules, project);

/** Judges the endpoints of the program. */
export const checkEndpoints = (reports: readonly EndpointReport[]): Finding[] =>
  applyRules(endpointRules, reports);

/** Judges a run. A warning that the program printed itself has the code that it printed. */
export function checkRun(run: RunReport, found: readonly Finding[]): Finding[] {
  const known = new Set(found.map(({ code }) => code));
  const compared = applyRules(comparisonRules, run);
  const codes = new Set([...known, ...compared.map(({ code }) => code)]);
  // The program started late, or not at all: its consequences are no causes of their own.
  const isExplained = found.some(({ weight }) => weight === 'broken');
  const printed = run.notices
    .filter(({ code }) => !codes.has(code))
    .map(({ code, message }): Finding => {
      const rule = rules.find((each) => each.code === code);
      const [cause = message, fix = 'see the message'] = message.split(/: (?=\S+ \S)/, 2);
      return {
        code,
        title: rule?.title ?? 'the program printed a warning',
        weight: rule?.weight ?? 'warning',
        page: pageFor(code),
        cause,
        proof: [`sonde: ${message}`],
        fix,
      };
    });
  return [
    ...(isExplained ? compared.filter(({ code }) => code === 'SONDE_EXPORT_FAILED') : compared),
    ...printed,
  ].filter(({ code }) => !known.has(code));
}
