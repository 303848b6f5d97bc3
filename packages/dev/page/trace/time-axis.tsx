import type { VNode } from 'preact';
import { formatDuration } from '../format/duration.ts';

/** The time of the waterfall in quarters. */
export function TimeAxis({ durationMs }: { readonly durationMs: number }): VNode {
  return (
    <div class="axis" aria-hidden="true">
      <div>
        span <small class="legend">critical path</small>
      </div>
      <div>
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <span key={part}>{formatDuration(durationMs * part)}</span>
        ))}
      </div>
    </div>
  );
}
