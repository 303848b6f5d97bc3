import type { ComponentChildren, VNode } from 'preact';

function moveFocus(event: KeyboardEvent): void {
  const step =
    event.key === 'ArrowDown' || event.key === 'j'
      ? 1
      : event.key === 'ArrowUp' || event.key === 'k'
        ? -1
        : 0;
  if (step === 0 || event.metaKey || event.ctrlKey || event.altKey) return;
  const table = event.currentTarget as HTMLElement;
  const rows = [...table.querySelectorAll<HTMLElement>('[data-row]')];
  const index = rows.findIndex((row) => row === document.activeElement);
  const next = rows[index + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** A column's title; figures stand at the right, text at the left. */
export type Column = string | { readonly title: string; readonly align: 'left' };

/** A table whose rows are links (`data-row` in the first cell); the arrow keys go from one to the next. */
export function RowTable(props: {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly class?: string;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <table class={props.class} aria-label={props.label} data-list onKeyDown={moveFocus}>
      <thead>
        <tr>
          {props.columns.map((column) => {
            const title = typeof column === 'string' ? column : column.title;
            return (
              <th key={title} scope="col" class={title === column ? undefined : 'left'}>
                {title}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  );
}
