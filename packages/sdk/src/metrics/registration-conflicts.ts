import { diag } from '@opentelemetry/api';
import type { Descriptor } from './descriptor.ts';

const parts = ['type', 'unit', 'valueType', 'description'] as const;

/** Tells that two metrics of one meter have the same name and are not the same. */
export function warnConflict(existing: Descriptor, wanted: Descriptor): void {
  const differences = parts
    .filter((part) => existing[part] !== wanted[part])
    .map((part) => `${part} '${existing[part]}' and '${wanted[part]}'`);
  diag.warn(
    `A view or instrument with the name '${wanted.name}' has already been registered with another ${differences.join(', ')}. ` +
      'Give one of them another name, or make a view that does.',
  );
}
