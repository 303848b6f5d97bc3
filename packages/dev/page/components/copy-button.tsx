import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { announce } from '../state/announcement.ts';

/** Copies a text that is made when the button is pressed. */
export function CopyButton(props: {
  readonly text: () => string | Promise<string>;
  readonly title: string;
  readonly children: ComponentChildren;
}): VNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await copyText(await props.text());
      setCopied(true);
      announce('Copied');
      setTimeout(() => setCopied(false), 1500);
    } catch (error) {
      announce(`Not copied: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <button type="button" title={props.title} onClick={() => void copy()}>
      {isCopied ? 'Copied' : props.children}
    </button>
  );
}

async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  // Beyond localhost the page is no secure context, and has no clipboard.
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  return undefined;
}
