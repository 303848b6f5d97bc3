/** Replaces the part of a page between its markers, or appends it: each command writes one part of the page. */
export function withPart(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const part = `${begin}\n\n${content.trim()}\n\n${end}`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from === -1 || to === -1) return `${page.trim()}\n\n${part}\n`;
  return page.slice(0, from) + part + page.slice(to + end.length);
}

/** The part of a page between its markers, with them; empty if there is none. */
export function readPart(page: string, name: string): string {
  return new RegExp(`<!-- ${name} -->[^]*<!-- end of ${name} -->`).exec(page)?.[0] ?? '';
}
