import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A threshold and the color from it upwards; the threshold of the first step is ignored. */
export type Step = readonly [level: number, color: 'green' | 'yellow' | 'orange' | 'red' | 'blue'];

/** Title, description and unit of a panel. */
export interface Face {
  readonly title: string;
  readonly description: string;
  /** A unit of Grafana's: `s`, `bytes`, `percentunit`, `reqps`, `short`. */
  readonly unit: string;
  readonly steps?: readonly Step[];
  /** Maximum of the axis. */
  readonly max?: number;
}

/** A PromQL expression and the legend of its series. */
export interface Series {
  readonly expr: string;
  readonly legend: string;
  /** Shows exemplars, each with a link to its trace. */
  readonly exemplars?: boolean;
}

/** Data source that the stack provisions under this uid. */
export const prometheus: common.DataSourceRef = { type: 'prometheus', uid: 'prometheus' };

const query = ({ expr, legend, exemplars = false }: Series, index: number): DataqueryBuilder =>
  new DataqueryBuilder()
    .refId(String.fromCodePoint(65 + index))
    .expr(expr)
    .legendFormat(legend)
    .exemplar(exemplars)
    .range();

const thresholds = (steps: readonly Step[]): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(([level, color], index) => ({ value: index === 0 ? null : level, color })));

/** Tooltip with all series, sorted in descending order. */
const tooltip = {
  build: (): common.VizTooltipOptions => ({
    mode: common.TooltipDisplayMode.Multi,
    sort: common.SortOrder.Descending,
  }),
};

/** Time series, half a screen wide, with last and maximum values in the legend. */
export function graph(face: Face, ...series: readonly Series[]): GraphBuilder {
  const panel = new GraphBuilder()
    .title(face.title)
    .description(face.description)
    .datasource(prometheus)
    .unit(face.unit)
    .min(0)
    .span(12)
    .height(8)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(tooltip)
    .targets(series.map(query));
  if (face.max !== undefined) panel.max(face.max);
  if (face.steps === undefined) return panel;
  return panel
    .thresholds(thresholds(face.steps))
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
    );
}

/** One number with a sparkline, a quarter of a screen wide. */
export function stat(face: Face, expr: string): StatBuilder {
  return new StatBuilder()
    .title(face.title)
    .description(face.description)
    .datasource(prometheus)
    .unit(face.unit)
    .span(6)
    .height(4)
    .graphMode(common.BigValueGraphMode.Area)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(thresholds(face.steps ?? [[0, 'blue']]))
    .withTarget(query({ expr, legend: face.title }, 0));
}

/** Heatmap of a histogram; `expr` is the rate of its buckets by `le`. */
export function heatmap(face: Face, expr: string): HeatmapBuilder {
  return new HeatmapBuilder()
    .title(face.title)
    .description(face.description)
    .datasource(prometheus)
    .span(12)
    .height(8)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(64))
    .yAxis(new YAxisConfigBuilder().unit(face.unit))
    .withTarget(query({ expr, legend: '{{le}}', exemplars: true }, 0).format(PromQueryFormat.Heatmap));
}
