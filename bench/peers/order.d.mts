export function isOrder(value: unknown): value is { readonly id: number; readonly name: string; readonly tags: readonly string[] };
export const templates: readonly string[];

/** The ten chunks of the streaming answer. */
export function chunks(): AsyncGenerator<string, void>;
