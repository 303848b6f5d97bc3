/** The parameters that all lists take. */
export interface Page {
  readonly q?: string | undefined;
  readonly limit?: number | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
}

const defaultLimit = 100;
const maxLimit = 1000;

export function clampLimit({ limit }: { readonly limit?: number | undefined }): number {
  return Math.min(Math.max(1, Math.floor(limit ?? defaultLimit)), maxLimit);
}

/** The condition and the order of a page, on a column of growing ids. */
export function pageClause(
  page: Page,
  column: string,
): { where: string; parameters: number[]; order: string } {
  const conditions: string[] = [];
  const parameters: number[] = [];
  if (page.before !== undefined) {
    conditions.push(`${column} < ?`);
    parameters.push(page.before);
  }
  if (page.after !== undefined) {
    conditions.push(`${column} > ?`);
    parameters.push(page.after);
  }
  const where = conditions.length === 0 ? '1' : conditions.join(' AND ');
  return { where, parameters, order: `${column} ${page.order === 'asc' ? 'ASC' : 'DESC'}` };
}

/** Cuts the one item more that was asked for, and reports whether there was one. */
export function cut<Item>(items: readonly Item[], limit: number): { items: Item[]; more: boolean } {
  return { items: items.slice(0, limit), more: items.length > limit };
}
