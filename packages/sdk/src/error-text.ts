const maxCharacters = 500;

/** An error as text, whatever was thrown: also one whose `message` or `toString` throws. */
export function errorText(error: unknown): string {
  try {
    return String(error).slice(0, maxCharacters);
  } catch {
    return 'an error that cannot be shown';
  }
}
