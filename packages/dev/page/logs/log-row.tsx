import type { VNode } from 'preact';
import type { LogRecord } from '../api/trace-types.ts';
import { firstLine } from '../components/long-text.tsx';
import { formatTime } from '../format/time.ts';

const shownAttributes = 6;

function valueText(value: unknown): string {
  return firstLine(typeof value === 'string' ? value : JSON.stringify(value), 80);
}

/** A log record in one line: time, level, logger, body, the first attributes. */
export function LogRow({ log }: { readonly log: LogRecord }): VNode {
  const names = Object.keys(log.attributes)
    .filter((name) => !name.startsWith('exception.') && !name.startsWith('code.'))
    .slice(0, shownAttributes);
  return (
    <>
      <span class="time">{formatTime(log.time)}</span>
      <span class={`level ${log.level ?? ''}`}>{log.level ?? '–'}</span>
      <span class="logger">{firstLine(log.logger, 40)}</span>
      <span class="text">
        {firstLine(log.body || (log.event ?? ''))}
        {log.exception !== null && (
          <b class="error">
            {' '}
            {firstLine(log.exception.type, 80)}: {firstLine(log.exception.message, 200)}
          </b>
        )}
        {names.map((name) => (
          <small key={name}>
            {name.slice(0, 60)}=<i>{valueText(log.attributes[name])}</i>
          </small>
        ))}
      </span>
    </>
  );
}
