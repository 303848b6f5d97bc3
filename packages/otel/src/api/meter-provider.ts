import { ProxyMeterProvider } from '@sonde/exporters';
import { warnOnce } from '../diagnostics/notice.ts';
import { state } from '../state.ts';

/**
 * Returns the meter provider that `start()` registers. It exists earlier, so that measurements of early instruments are
 * kept, and it adds exemplars and a process-wide cardinality limit to the metrics SDK.
 */
export function meterProvider(): ProxyMeterProvider {
  state.meterProvider ??= new ProxyMeterProvider({
    onNotice: ({ code, message }) => warnOnce(code, message, message),
  });
  return state.meterProvider;
}
