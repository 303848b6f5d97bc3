import type { VNode } from 'preact';
import { withParameters } from '../state/location.ts';

/** A choice of a few values that the address bar keeps. */
export function Segmented(props: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}): VNode {
  return (
    <div class="segmented" role="group" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <a
          key={value}
          href={withParameters({ [props.name]: value === props.options[0]?.[0] ? null : value })}
          aria-current={value === props.value ? 'true' : undefined}
        >
          {text}
        </a>
      ))}
    </div>
  );
}
