import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { status } from '../api/live.ts';
import type { SourceLines } from '../api/error-types.ts';
import { apiAddress } from '../api/client.ts';
import type { Exception, Frame } from '../api/trace-types.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { firstLine, LongText } from '../components/long-text.tsx';
import { address } from '../state/location.ts';
import { useQuery } from '../state/query.ts';
import { formatPlural } from '../format/number.ts';

const shownCauses = 10;
const shownFrames = 60;

/** The address that opens a source in the editor; undefined where it cannot. */
function editorLink({ file, line, column }: Frame): string | undefined {
  const template = status.value?.editor;
  if (template === undefined || template === null || file === null || line === null) return undefined;
  const link = template
    .replace('{file}', encodeURI(file))
    .replace('{line}', String(line))
    .replace('{column}', String(column ?? 1));
  // An address with a scheme of a script would run in this page.
  return /^(?:javascript|data|vbscript):/i.test(link.trim()) ? undefined : link;
}

const shownSegments = 3;

/** A frame as V8 writes it, with the end of the path alone: the whole one is in the title. */
function frameText({ function: name, file, line, column, text }: Frame): string {
  if (file === null || line === null) return text.trim();
  const segments = file.replace(/^file:\/\//, '').split(/[\\/]/);
  const place = `${segments.slice(-shownSegments).join('/')}:${line}${column === null ? '' : `:${column}`}`;
  return name === null || name === '' ? `at ${place}` : `at ${name} (${place})`;
}

function Source({ frame }: { readonly frame: Frame }): VNode | null {
  const query = apiAddress('/api/source', { file: frame.file ?? '', line: frame.line ?? 1, context: 3 });
  const { data } = useQuery<SourceLines>(query);
  if (data === undefined) return null;
  return (
    <ol class="source" start={data.from} aria-label="Source">
      {data.lines.map((text, offset) => {
        const number = data.from + offset;
        return (
          <li key={number} class={number === data.line ? 'current' : undefined}>
            <span class="number">{number}</span>
            {text.slice(0, 300)}
          </li>
        );
      })}
    </ol>
  );
}

function FrameRow({ frame, isSourceOpen }: { readonly frame: Frame; readonly isSourceOpen: boolean }): VNode {
  const [isOpen, setOpen] = useState(isSourceOpen);
  const link = editorLink(frame);
  const text = firstLine(frameText(frame), 300);
  return (
    <li class={frame.inApp ? undefined : 'faint'}>
      <span class="frame" title={frame.file ?? undefined}>
        {text}
      </span>
      {frame.inApp && frame.file !== null && frame.line !== null && (
        <button type="button" class="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          source
        </button>
      )}
      {frame.inApp && link !== undefined && (
        <a class="small" href={link} target="_self">
          open in editor
        </a>
      )}
      {isOpen && <Source frame={frame} />}
    </li>
  );
}

/** Frames, of which those that are not the application's are hidden at first. */
function Stack({
  frames,
  isSourceOpen,
}: {
  readonly frames: readonly Frame[];
  readonly isSourceOpen: boolean;
}): VNode {
  const [isWhole, setWhole] = useState(false);
  const own = frames.filter(({ inApp }) => inApp);
  const shown = (isWhole || own.length === 0 ? frames : own).slice(0, shownFrames);
  const hidden = frames.length - shown.length;
  return (
    <>
      <ul class="stack">
        {shown.map((frame, position) => (
          <FrameRow
            key={`${position} ${frame.text.slice(0, 200)}`}
            frame={frame}
            isSourceOpen={isSourceOpen && frame === own[0]}
          />
        ))}
      </ul>
      {(hidden > 0 || isWhole) && (
        <button type="button" class="small" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'hide frames of others' : formatPlural(hidden, 'more frame')}
        </button>
      )}
    </>
  );
}

export interface ExceptionBoxProps {
  readonly exception: Exception;
  /** Whether the source of the first own frame is shown at once. @default true */
  readonly withSource?: boolean;
}

/** An exception with its causes, frames and source lines. */
export function ExceptionBox({ exception, withSource = true }: ExceptionBoxProps): VNode {
  const { type, message, frames, causes, fingerprint, stack } = exception;
  return (
    <div class="detail exception">
      <h3>
        <LongText text={`${type}: ${message}`} limit={600} />
      </h3>
      <div class="body">
        {frames.length > 0 ? (
          <Stack frames={frames} isSourceOpen={withSource} />
        ) : (
          stack !== null && <pre>{stack.slice(0, 5000)}</pre>
        )}
        {causes.slice(0, shownCauses).map((cause, position) => (
          <div key={position} class="cause">
            <b>
              caused by <LongText text={`${cause.type}: ${cause.message}`} limit={600} />
            </b>
            <Stack frames={cause.frames} isSourceOpen={false} />
          </div>
        ))}
        <div class="actions">
          <a href={address(['errors', fingerprint])}>all of this kind</a>
          {stack !== null && (
            <CopyButton title="Copy the stack trace" text={() => stack}>
              Copy stack
            </CopyButton>
          )}
        </div>
      </div>
    </div>
  );
}
