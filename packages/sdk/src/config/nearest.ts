/** Returns the edit distance of two words; a transposition counts as one edit (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/**
 * Returns the candidate that is nearest to `word`, if it is near enough to suggest it.
 *
 * @param maxEdits the maximum edit distance. @default a third of the length of the word, at least 2
 */
export function nearest(word: string, candidates: readonly string[], maxEdits?: number): string | undefined {
  const input = word.slice(0, 64).toLowerCase();
  const limit = maxEdits ?? Math.max(2, input.length / 3);
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: distance(input, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= limit ? best.candidate : undefined;
}
