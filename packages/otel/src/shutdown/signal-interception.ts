import { EventEmitter } from 'node:events';

type Emit = (event: string | symbol, ...details: unknown[]) => boolean;
type PropertyName = 'emit' | 'listenerCount';

/** The listener argument of the emitted events. It is never registered. */
const placeholder = (): void => {};

function announce(event: 'newListener' | 'removeListener', signal: NodeJS.Signals): void {
  EventEmitter.prototype.emit.call(process, event, signal, placeholder);
}

/** Runs `action` with another value of a property of `process`, then restores the property. */
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
 * end the process only if theirs is the only listener, so another listener would keep it alive.
 *
 * Node.js opens a signal handle on 'newListener', binds it to the current value of `process.emit`, and closes it on
 * 'removeListener' if the signal has no listener. This function emits both events without registering a listener. If
 * Node.js behaves differently, the signal keeps its default action.
 *
 * @param receive handles the signal; `notifyListeners` calls the listeners of the application
 * @returns a function that stops the interception
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

  // A handle that the application opened is bound to the original `process.emit`, so it is reopened.
  close();
  open();
  process.on('removeListener', reopen);
  return () => {
    isActive = false;
    process.off('removeListener', reopen);
    if (process.listenerCount(signal) === 0) close();
  };
}
