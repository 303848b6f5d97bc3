import type { VNode } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { post } from '../api/client.ts';
import { status } from '../api/live.ts';
import type { ImportResult, Status } from '../api/session-types.ts';
import { announce } from '../state/announcement.ts';
import { formatCount, formatMegabytes, formatPlural } from '../format/number.ts';
import { formatDuration } from '../format/duration.ts';

async function importFile(file: File): Promise<void> {
  try {
    const result = await post<ImportResult>('/api/import', file);
    const [first] = result.errors;
    const counts = `${formatPlural(result.spans, 'span')}, ${formatPlural(result.logs, 'log record')}, ${formatPlural(result.points, 'point')}`;
    announce(
      first === undefined ? `Imported ${counts}` : `Imported ${counts}; line ${first.line}: ${first.detail}`,
    );
  } catch (error) {
    announce(`Not imported: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function clearSession(): Promise<void> {
  try {
    status.value = await post<Status>('/api/clear');
    announce('Cleared');
  } catch (error) {
    announce(`Not cleared: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Where the session is kept and sent. */
function SessionFacts({ known }: { readonly known: Status }): VNode {
  const { store, forward } = known;
  return (
    <dl class="attributes">
      <div>
        <dt>kept in</dt>
        <dd>{store.file ?? 'a temporary file (--file keeps it)'}</dd>
      </div>
      <div>
        <dt>bounds</dt>
        <dd>
          {formatMegabytes(store.maxBytes)} MB, {formatDuration(store.maxAgeMs)}
        </dd>
      </div>
      <div>
        <dt>removed</dt>
        <dd>
          {formatPlural(store.evicted.spans, 'span')}, {formatPlural(store.evicted.logs, 'log record')}
        </dd>
      </div>
      <div>
        <dt>forwarded</dt>
        <dd>
          {forward === null
            ? 'nowhere (--forward URL)'
            : `${formatCount(forward.sent)} to ${forward.url}, ${formatCount(forward.failed)} failed`}
          {typeof forward?.lastError === 'string' && <p class="problem">{forward.lastError}</p>}
        </dd>
      </div>
    </dl>
  );
}

/** Export, import and clear the session. */
export function SessionMenu(): VNode {
  const id = useId();
  const file = useRef<HTMLInputElement>(null);
  const confirmation = useRef<HTMLDialogElement>(null);
  const known = status.value;
  return (
    <>
      <button type="button" popovertarget={id}>
        Session
      </button>
      <div id={id} class="menu" popover="auto">
        {known !== undefined && <SessionFacts known={known} />}
        <div class="actions">
          <a class="button" href="/api/export" download="">
            Export
          </a>
          <button type="button" onClick={() => file.current?.click()}>
            Import
          </button>
          <button type="button" onClick={() => confirmation.current?.showModal()}>
            Clear
          </button>
        </div>
        <input
          ref={file}
          type="file"
          accept=".jsonl,.ndjson,.json"
          aria-label="Session to import"
          hidden
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen !== undefined) void importFile(chosen);
            event.currentTarget.value = '';
          }}
        />
      </div>
      <dialog ref={confirmation} aria-label="Clear the session">
        <form
          method="dialog"
          onSubmit={(event) => event.submitter?.dataset['clear'] !== undefined && void clearSession()}
        >
          <p>All spans, log records and metrics of this session are removed.</p>
          <div class="actions">
            <button type="submit" data-clear>
              Clear
            </button>
            <button type="submit">Cancel</button>
          </div>
        </form>
      </dialog>
    </>
  );
}
