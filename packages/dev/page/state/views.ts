/** The views of the page, in the order of the navigation. */
export interface ViewName {
  readonly path: string;
  readonly title: string;
  readonly key: string;
  /** The items that the query bar filters here; null where there is no query. */
  readonly query: 'spans' | 'logs' | 'exceptions' | 'metrics' | null;
  readonly hint: string;
}

export const views: readonly ViewName[] = [
  {
    path: 'requests',
    title: 'Requests',
    key: 'r',
    query: 'spans',
    hint: 'service=shop route="/orders/:id" duration>100ms',
  },
  { path: 'traces', title: 'Traces', key: 't', query: 'spans', hint: 'spans("db")>10 or error=true' },
  {
    path: 'logs',
    title: 'Logs',
    key: 'l',
    query: 'logs',
    hint: 'level>=warn logger=db.* "connection reset"',
  },
  { path: 'metrics', title: 'Metrics', key: 'm', query: 'metrics', hint: 'part of a name or description' },
  { path: 'errors', title: 'Errors', key: 'e', query: 'exceptions', hint: 'type=TypeError service=shop' },
  { path: 'services', title: 'Services', key: 's', query: null, hint: '' },
  { path: 'health', title: 'Health', key: 'h', query: null, hint: '' },
];

/** The view that a path shows. */
export const findView = (path: readonly string[]): ViewName | undefined =>
  path.length === 0 ? views[0] : views.find((view) => view.path === path[0]);
