import { diag } from '@opentelemetry/api';

import { type DeliveryStats, deliveryStats } from './delivery-stats.ts';
import { warnOnce } from './notice.ts';
import { errorDetails, type Guard } from '@sonde/sdk';

/** A guard that counts what is lost among the losses of the process. */
export function lossGuard(flow: DeliveryStats): Guard {
  return {
    lost(error) {
      flow.refused++;
      diag.error(`One of the ${flow.items} was lost: ${errorDetails(error)}`);
    },
    dropped(count) {
      deliveryStats.attributes.refused += count;
      const expected = 'expected text, numbers, booleans, and lists and plain objects of them';
      warnOnce(
        'SONDE_ATTRIBUTE_DROPPED',
        flow.items,
        `attributes of ${flow.items} are dropped: their values cannot be exported, ${expected}; the losses are reported at exit`,
      );
    },
  };
}
