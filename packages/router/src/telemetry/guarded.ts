import { diag } from '@opentelemetry/api';

/** Calls a function of telemetry; its errors go to `diag` and never reach the request. */
export function guarded<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch (error) {
    diag.error('@sonde/router: telemetry failed', error);
    return undefined;
  }
}
