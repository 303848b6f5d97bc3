import type { Attributes } from '@opentelemetry/api';
import { gauge } from './instruments.ts';

/**
 * Records facts that do not change, such as a build: a gauge with the value 1, and the facts as attributes. With a name that ends in
 * `.info`, OpenMetrics has it as an Info.
 *
 * @example
 * ```ts
 * import { info } from '@sonde/otel';
 *
 * info('shop.build.info', { revision: '4f2a9c', branch: 'main' });
 * ```
 */
export function info(name: string, attributes: Attributes, description = ''): void {
  gauge(name, { description }).record(1, attributes);
}

/** One of several states, which exclude one another. */
export interface StateSet<State extends string> {
  /** Sets the current state. @param attributes of the thing that has the state */
  set(state: State, attributes?: Attributes): void;
}

/**
 * Creates a set of states: a gauge with one series for each state, whose attribute of the metric's name is the state. The current one
 * has the value 1, the others 0. OpenMetrics has it as a StateSet.
 *
 * @example
 * ```ts
 * import { stateSet } from '@sonde/otel';
 *
 * const health = stateSet('shop.health', ['starting', 'healthy', 'failing']);
 * health.set('healthy');
 * ```
 */
export function stateSet<const State extends string>(
  name: string,
  states: readonly State[],
  description = '',
): StateSet<State> {
  const values = gauge(name, { description });
  return {
    set: (current, attributes = {}) => {
      for (const state of states) values.record(state === current ? 1 : 0, { ...attributes, [name]: state });
    },
  };
}
