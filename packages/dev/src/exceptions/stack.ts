/** One line of a stack trace. */
export interface Frame {
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** Whether the code is the application's own: neither a dependency's nor the runtime's. */
  readonly inApp: boolean;
  readonly text: string;
}

/** An exception that caused another one. */
interface Cause {
  readonly type: string;
  readonly message: string;
  readonly frames: readonly Frame[];
}

export interface Stack {
  readonly frames: readonly Frame[];
  readonly causes: readonly Cause[];
}

const maxFrames = 200;
const maxLineLength = 500;

/** Node's own modules, and what is installed, in several languages. */
const foreign =
  /^(?:node:|internal\/|native)|[\\/]node_modules[\\/]|[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python\d|[\\/]pkg[\\/]mod[\\/]|[\\/]usr[\\/]local[\\/]go[\\/]|<anonymous>|<frozen /;

function frame(name: string | undefined, place: string, line?: string, column?: string, text = ''): Frame {
  const file = place.replace(/^file:\/\//, '');
  return {
    function: name === undefined || name === '' ? null : name.replace(/^(?:async|new) /, ''),
    file: file === '' ? null : file,
    line: line === undefined ? null : Number(line),
    column: column === undefined ? null : Number(column),
    inApp: file !== '' && !foreign.test(file) && /[\\/.]/.test(file),
    text,
  };
}

/** Reads a line of V8, of Python or of Java; undefined for any other. */
function readFrame(line: string): Frame | undefined {
  const text = line.slice(0, maxLineLength);
  const v8 = /^\s*at (?:(.+?) \()?((?:file:\/\/|[A-Za-z]:\\|node:)?[^():]*|<anonymous>):(\d+):(\d+)\)?$/.exec(
    text,
  );
  if (v8 !== null) return frame(v8[1], v8[2] ?? '', v8[3], v8[4], text);
  const python = /^\s*File "([^"]+)", line (\d+), in (.+)$/.exec(text);
  if (python !== null) return frame(python[3], python[1] ?? '', python[2], undefined, text);
  const java = /^\s*at ([\w$.<>/]+)\(([\w$]+\.(?:java|kt|scala))(?::(\d+))?\)$/.exec(text);
  if (java !== null) return frame(java[1], java[2] ?? '', java[3], undefined, text);
  const plain = /^\s*at (.+)$/.exec(text);
  return plain === null ? undefined : frame(plain[1], '', undefined, undefined, text);
}

/** `TypeError: message`, after the word that introduces a cause. */
function readCause(line: string): { type: string; message: string } | undefined {
  const [, head] = /^\s*(?:\[cause\]|Caused by|\[errors\]): (.*)$/.exec(line.slice(0, maxLineLength)) ?? [];
  if (head === undefined) return undefined;
  const [, type = 'Error', message = ''] = /^([\w$.]+)(?:: (.*?))?(?: \{)?$/.exec(head) ?? [
    head,
    'Error',
    head,
  ];
  return { type, message };
}

/** Reads a stack trace with its causes, as Node, Python and Java print them. */
export function parseStack(stack: string | null): Stack {
  const frames: Frame[] = [];
  const causes: { type: string; message: string; frames: Frame[] }[] = [];
  for (const line of (stack ?? '').split('\n').slice(0, 5000)) {
    const cause = readCause(line);
    if (cause !== undefined) {
      if (causes.length < 20) causes.push({ ...cause, frames: [] });
      continue;
    }
    const read = readFrame(line);
    const target = causes.at(-1)?.frames ?? frames;
    if (read !== undefined && target.length < maxFrames) target.push(read);
  }
  // Python prints the innermost call last.
  if (/^Traceback \(most recent call last\)/m.test(stack ?? '')) frames.reverse();
  return { frames, causes };
}

/** The innermost line of the application's own; else the innermost at all. */
export function culprit(frames: readonly Frame[]): Frame | undefined {
  return frames.find(({ inApp }) => inApp) ?? frames[0];
}
