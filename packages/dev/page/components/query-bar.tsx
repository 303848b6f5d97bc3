import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Completion, completeQuery } from '../state/completion.ts';
import { address, navigate, parameter, path, withParameters } from '../state/location.ts';
import type { ViewName } from '../state/views.ts';

/** Checks a query. @returns why it cannot be read; undefined when it can */
async function checkQuery(q: string, signal: string): Promise<string | undefined> {
  if (q.trim() === '' || signal === 'metrics') return undefined;
  const response = await fetch('/api/query/check', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ q, signal }),
  });
  const { ok, detail } = (await response.json()) as { ok?: boolean; detail?: string };
  return ok === true ? undefined : (detail ?? 'the query cannot be read');
}

/** The query of a view. What stands in it stands in the address bar. */
export function QueryBar({ view }: { readonly view: ViewName | undefined }): VNode {
  const applied = parameter('q');
  const signal = view?.query ?? null;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(applied);
  const [problem, setProblem] = useState<string>();
  const [completions, setCompletions] = useState<readonly Completion[]>([]);
  const [chosen, setChosen] = useState(-1);
  const pending = useRef<AbortController>(undefined);

  useEffect(() => {
    setDraft(applied);
    let isCurrent = true;
    setProblem(undefined);
    if (signal !== null) {
      checkQuery(applied, signal).then(
        (found) => isCurrent && setProblem(found),
        () => {},
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [applied, signal]);

  const close = (): void => {
    pending.current?.abort();
    setCompletions([]);
    setChosen(-1);
  };
  const suggest = async (text: string, caret: number): Promise<void> => {
    pending.current?.abort();
    if (signal !== 'spans' && signal !== 'logs') return;
    const own = new AbortController();
    pending.current = own;
    try {
      const found = await completeQuery(text, caret, signal, own.signal);
      if (own.signal.aborted || document.activeElement !== input.current) return;
      setCompletions(found);
      setChosen(-1);
    } catch {
      // No completion: the query can be written all the same.
    }
  };
  const apply = (text: string): void => {
    close();
    const q = text.trim();
    // A trace that is alone on the page has no list that the query could filter.
    const [name, item] = path.value;
    navigate(name === 'traces' && item !== undefined ? address(['traces'], { q }) : withParameters({ q }));
  };
  const choose = (completion: Completion): void => {
    setDraft(completion.query);
    void suggest(completion.query, completion.caret);
    requestAnimationFrame(() => input.current?.setSelectionRange(completion.caret, completion.caret));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const selected = completions[chosen];
    if (event.key === 'Enter') apply(selected === undefined ? draft : selected.query);
    else if (event.key === 'Tab' && completions[0] !== undefined) choose(selected ?? completions[0]);
    else if (event.key === 'ArrowDown' && completions.length > 0)
      setChosen((chosen + 1) % completions.length);
    else if (event.key === 'ArrowUp' && chosen >= 0) setChosen(chosen - 1);
    else if (event.key === 'Escape' && completions.length > 0) close();
    else return;
    event.preventDefault();
  };

  return (
    <search class="query">
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Query"
        aria-expanded={completions.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : `${id}-problem`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        placeholder={signal === null ? 'this view has no query' : view?.hint}
        disabled={signal === null}
        value={draft}
        onInput={(event) => {
          const { value, selectionStart } = event.currentTarget;
          setDraft(value);
          void suggest(value, selectionStart ?? value.length);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {draft !== '' && signal !== null ? (
        <button type="button" class="clear" aria-label="Remove the query" onClick={() => apply('')}>
          ×
        </button>
      ) : (
        signal !== null && <kbd aria-hidden="true">/</kbd>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} class="problem" role="alert">
          {problem}
        </p>
      )}
      <ul id={`${id}-list`} role="listbox" aria-label="Completions" hidden={completions.length === 0}>
        {completions.map((completion, index) => (
          <li
            key={completion.label}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerDown={(event) => {
              event.preventDefault();
              choose(completion);
            }}
          >
            {completion.label.slice(0, 100)} <small>{completion.note}</small>
          </li>
        ))}
      </ul>
    </search>
  );
}
