import { createServer } from 'node:http';
import { H3, readBody, toNodeHandler } from 'h3';
import { chunks, isOrder, listening, templates } from '../order.mjs';

const app = new H3();
app.get('/users/:id', (event) => ({ id: event.context.params.id }));
app.get('/health', () => ({ ok: true }));
app.get('/stream', () => ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream()));
app.post('/orders', async (event) => {
  const order = await readBody(event);
  if (isOrder(order)) return { tags: order.tags.length };
  event.res.status = 400;
  return {};
});
for (const template of templates) app.get(template, (event) => ({ id: event.context.params.id }));
listening(createServer(toNodeHandler(app)).listen(0, '127.0.0.1'));
