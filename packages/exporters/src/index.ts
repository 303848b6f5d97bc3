export { SondeConfigError } from './config/config-error.ts';
export type { Notice, NoticeListener } from './notice.ts';
export { PrometheusExporter, type ServerStart } from './prometheus/exporter.ts';
export type { PrometheusOptions } from './prometheus/options.ts';
export type { TranslationStrategy } from './prometheus/translation.ts';
export { ConsoleLogExporter, type ConsoleLogOptions } from './console/log-exporter.ts';
export type { ConsoleOptions } from './console/console-options.ts';
