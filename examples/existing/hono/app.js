import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();

app.get('/users/:id', (c) => c.json({ id: c.req.param('id') }));

const port = Number(process.env.PORT ?? 3000);
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => console.log('Hono listens'));
