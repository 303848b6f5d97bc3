import type { VNode } from 'preact';
import type { ApiError } from '../api/client.ts';

/** A problem that the API reported. */
export function Problem({ error }: { readonly error: ApiError }): VNode {
  return (
    <p class="problem" role="alert">
      {error.message}
    </p>
  );
}
