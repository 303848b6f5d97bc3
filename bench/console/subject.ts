/** Writes the lines through a logger and reports the time per line to the parent. */
export async function run(
  log: (message: string, attributes: Record<string, string | number>) => void,
  finish: () => Promise<unknown> | undefined,
): Promise<void> {
  await write(log, 20_000);
  const start = performance.now();
  await write(log, lines);
  await finish();
  process.send?.({ nsPerLine: ((performance.now() - start) * 1e6) / lines });
}

const lines = 200_000;
const linesInOneTurn = 50;

async function write(
  log: (message: string, attributes: Record<string, string | number>) => void,
  count: number,
): Promise<void> {
  for (let line = 0; line < Math.min(count, linesInOneTurn); line++) {
    log('request completed', { 'http.route': '/users/:id', 'http.response.status_code': 200, user: line });
  }
  if (count <= linesInOneTurn) return;
  await new Promise((resolve) => setImmediate(resolve));
  await write(log, count - linesInOneTurn);
}
