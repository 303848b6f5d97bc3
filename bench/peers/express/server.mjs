import { pipeline, Readable } from 'node:stream';
import express from 'express';
import { chunks, isOrder, listening, templates } from '../order.mjs';

const app = express();
app.get('/users/:id', (req, res) => res.json({ id: req.params.id }));
app.get('/health', (req, res) => res.json({ ok: true }));
app.get('/stream', (req, res) => pipeline(Readable.from(chunks()), res, () => {}));
app.post('/orders', express.json(), (req, res) => {
  if (isOrder(req.body)) res.json({ tags: req.body.tags.length });
  else res.status(400).json({});
});
for (const template of templates) app.get(template, (req, res) => res.json({ id: req.params.id }));
listening(app.listen(0, '127.0.0.1'));
