import type { Scenario } from './scenario.ts';
import { burst } from './scenarios/burst.ts';
import { clusterScenarios } from './scenarios/cluster.ts';
import { collectorDown } from './scenarios/collector-down.ts';
import { doublePreload } from './scenarios/double-preload.ts';
import { earlyInstrument } from './scenarios/early-instrument.ts';
import { exitScenarios } from './scenarios/exit.ts';
import { ownListener } from './scenarios/own-listener.ts';
import { poisonScenarios } from './scenarios/poison.ts';
import { portTaken } from './scenarios/port-taken.ts';
import { serverSpanScenarios } from './scenarios/server-spans.ts';
import { workerThread } from './scenarios/worker-thread.ts';

/** Rows of the table. */
export const scenarios: readonly Scenario[] = [
  ...exitScenarios,
  ownListener,
  collectorDown,
  ...serverSpanScenarios,
  ...clusterScenarios,
  workerThread,
  doublePreload,
  earlyInstrument,
  burst,
  ...poisonScenarios,
  portTaken,
];
