import 'autotel/register';
import { init } from 'autotel';

init({
  service: 'conformance',
  endpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
  // Its default keeps one trace in ten.
  sampling: 'development',
  autoInstrumentations: ['http'],
  logs: true,
  processHandlers: true,
});
