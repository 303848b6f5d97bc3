import { ProxyMeterProvider } from '@sonde/exporters';
import { warnOnce } from '../diagnostics/notice.ts';
import { state } from '../state.ts';

/**
 * The provider that `start()` registers. It exists before, so that instruments made too early keep what they
 * measured; and it adds to the metrics SDK what that lacks: exemplars, and a limit of series that holds for life.
 */
export function meterProvider(): ProxyMeterProvider {
  state.meterProvider ??= new ProxyMeterProvider({
    onNotice: ({ code, message }) => warnOnce(code, message, message),
  });
  return state.meterProvider;
}
