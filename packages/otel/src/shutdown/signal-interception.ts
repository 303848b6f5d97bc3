import { EventEmitter } from 'node:events';

type Emit = (event: string | symbol, ...details: unknown[]) => boolean;
type PropertyName = 'emit' | 'listenerCount';

/** The listener in the events that make Node.js open and close its signal handle. It is never registered. */
const placeholder = (): void => {};

function announce(event: 'newListener' | 'removeListener', signal: NodeJS.Signals): void {
  EventEmitter.prototype.emit.call(process, event, signal, placeholder);
}

/** Runs `action` while `process` has another property value, then restores the property. */
function withProperty(name: PropertyName, value: unknown, action: () => void): void {
  const before = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, { value, configurable: true, writable: true });
  try {
    action();
  } finally {
    if (before === undefined) delete (process as Partial<Record<PropertyName, unknown>>)[name];
    else Object.defineProperty(process, name, before);
  }
}

/**
 * Calls `receive` when the process receives the signal, without a listener on `process`. Libraries such as signal-exit
 * end the process only if they count no listener but their own, so another listener would keep it alive.
 *
 * Node.js opens a signal handle at the event 'newListener', binds it to the value that `process.emit` has at that moment, and
 * closes it at 'removeListener' once the signal has no listener. Both events are emitted here without a listener behind them.
 * If Node.js does otherwise, the signal keeps its default action.
 *
 * @param receive decides what the signal does; `notifyListeners` calls the listeners of the application
 * @returns stops the interception
 */
export function interceptSignal(
  signal: NodeJS.Signals,
  receive: (notifyListeners: () => void) => void,
): () => void {
  let isActive = true;
  const emit: Emit = (event, ...details) => {
    const pass = (): boolean => (process.emit as Emit).call(process, event, ...details);
    if (event !== signal || !isActive) return pass();
    receive(pass);
    return true;
  };
  const open = (): void => withProperty('emit', emit, () => announce('newListener', signal));
  const close = (): void =>
    withProperty(
      'listenerCount',
      () => 0,
      () => announce('removeListener', signal),
    );
  const reopen = (event: string | symbol): void => {
    if (event !== signal || process.listenerCount(signal) > 0) return;
    try {
      open();
    } catch {
      // The default action of the signal remains.
    }
  };

  // A handle that listeners of the application opened is bound to the plain `process.emit`.
  close();
  open();
  process.on('removeListener', reopen);
  return () => {
    isActive = false;
    process.off('removeListener', reopen);
    if (process.listenerCount(signal) === 0) close();
  };
}
