// The work of every server of the benchmark besides routing, so that only routing differs.

/** Whether a body is an order: the check of every server that brings no validator of its own. */
export const isOrder = (value) =>
  typeof value === 'object' &&
  value !== null &&
  typeof value.id === 'number' &&
  typeof value.name === 'string' &&
  Array.isArray(value.tags) &&
  value.tags.every((tag) => typeof tag === 'string');

/** The 500 templates of the large table. */
export const templates = Array.from({ length: 500 }, (_, index) => `/api/v${index % 5}/things${index}/:id/parts/:part`);

const kilobyte = 'x'.repeat(1023) + '\n';

/** The ten chunks of the streaming answer. */
export async function* chunks() {
  for (let index = 0; index < 10; index++) yield kilobyte;
}

export const listening = (server) => {
  const say = () => console.log(server.address().port);
  if (server.listening) say();
  else server.once('listening', say);
};
