import type { VNode } from 'preact';

const width = 74;
const height = 18;

/** A small line of numbers, oldest first. It repeats what the figures beside it say. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): VNode {
  const known = values.filter((value) => value !== null);
  const max = Math.max(...known, 0);
  const step = width / Math.max(1, values.length - 1);
  let path = '';
  values.forEach((value, index) => {
    if (value === null) return;
    const y = max === 0 ? height - 2 : height - 2 - (value / max) * (height - 4);
    path += `${path === '' ? 'M' : 'L'}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
