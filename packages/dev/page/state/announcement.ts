import { type Signal, signal } from '@preact/signals';

/** A sentence at the foot of the page, which screen readers read out. */
export const announcement: Signal<string> = signal('');

let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  announcement.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    announcement.value = '';
  }, 4000);
}
