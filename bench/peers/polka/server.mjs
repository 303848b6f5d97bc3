import { createServer } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import bodyParser from 'body-parser';
import polka from 'polka';
import { chunks, isOrder, listening, templates } from '../order.mjs';

const answer = (res, status, value) => {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(value));
};

const server = createServer();
const app = polka({ server });
app.get('/users/:id', (req, res) => answer(res, 200, { id: req.params.id }));
app.get('/health', (req, res) => answer(res, 200, { ok: true }));
app.get('/stream', (req, res) => pipeline(Readable.from(chunks()), res, () => {}));
app.post('/orders', bodyParser.json(), (req, res) => {
  if (isOrder(req.body)) answer(res, 200, { tags: req.body.tags.length });
  else answer(res, 400, {});
});
for (const template of templates) app.get(template, (req, res) => answer(res, 200, { id: req.params.id }));
app.listen(0, '127.0.0.1');
listening(server);
