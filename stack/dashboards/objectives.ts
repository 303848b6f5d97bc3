import { type Dashboard, type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page.ts';
import { graph, stat } from './panels.ts';

interface Objective {
  /** The label `sloth_slo`. */
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
}

const objectives: readonly Objective[] = [
  { name: 'availability', title: 'Availability', meaning: '99.9 % of requests do not fail with a 5xx.' },
  { name: 'latency', title: 'Latency', meaning: '99 % of requests are answered within half a second.' },
];

const windows = ['5m', '1h', '6h', '3d'] as const;

function withObjective(builder: DashboardBuilder, { name, title, meaning }: Objective): DashboardBuilder {
  const matchers = `{job="$job", sloth_slo="${name}"}`;
  return builder
    .withRow(new RowBuilder(`${title}: ${meaning}`))
    .withPanel(
      stat(
        {
          title: `${title}: remaining budget`,
          description: 'Unused fraction of the monthly error budget. Below zero, the objective is missed.',
          unit: 'percentunit',
          steps: [
            [0, 'red'],
            [0.01, 'yellow'],
            [0.5, 'green'],
          ],
        },
        `slo:period_error_budget_remaining:ratio${matchers}`,
      ),
    )
    .withPanel(
      stat(
        {
          title: `${title}: burn rate`,
          description:
            'Current consumption of the error budget. At 1, the budget lasts for the month; at 14.4, for two days.',
          unit: 'short',
          steps: [
            [0, 'green'],
            [1, 'yellow'],
            [14.4, 'red'],
          ],
        },
        `slo:current_burn_rate:ratio${matchers}`,
      ),
    )
    .withPanel(
      graph(
        {
          title: `${title}: bad requests`,
          description: `Fraction of requests that miss the objective, over increasing windows. ${meaning}`,
          unit: 'percentunit',
        },
        ...windows.map((window) => ({
          expr: `slo:sli_error:ratio_rate${window}${matchers}`,
          legend: window,
        })),
        { expr: `slo:error_budget:ratio{sloth_slo="${name}"}`, legend: 'allowed' },
      ),
    );
}

/** Objectives of a service and its remaining error budget. */
export const serviceObjectives: Dashboard = objectives
  .reduce(
    withObjective,
    page('sonde-objectives', 'Objectives', 'Error budgets of one service and their burn rates.'),
  )
  .build();
