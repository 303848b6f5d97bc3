import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { validator } from 'hono/validator';
import { chunks, isOrder, listening, templates } from '../order.mjs';

const order = validator('json', (value, c) => (isOrder(value) ? value : c.json({}, 400)));
const app = new Hono();
app.get('/users/:id', (c) => c.json({ id: c.req.param('id') }));
app.get('/health', (c) => c.json({ ok: true }));
app.get('/stream', (c) => c.body(ReadableStream.from(chunks()).pipeThrough(new TextEncoderStream())));
app.post('/orders', order, (c) => c.json({ tags: c.req.valid('json').tags.length }));
for (const template of templates) app.get(template, (c) => c.json({ id: c.req.param('id') }));
listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }));
