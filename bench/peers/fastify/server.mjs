import { Readable } from 'node:stream';
import { fastify } from 'fastify';
import { chunks, listening, templates } from '../order.mjs';

const tags = { type: 'array', items: { type: 'string' } };
const properties = { id: { type: 'number' }, name: { type: 'string' }, tags };
const body = { type: 'object', required: ['id', 'name', 'tags'], properties };

const app = fastify();
app.get('/users/:id', (request, reply) => reply.send({ id: request.params.id }));
app.get('/health', (request, reply) => reply.send({ ok: true }));
app.get('/stream', (request, reply) => reply.type('text/plain').send(Readable.from(chunks())));
app.post('/orders', { schema: { body } }, (request, reply) => reply.send({ tags: request.body.tags.length }));
for (const template of templates) app.get(template, (request, reply) => reply.send({ id: request.params.id }));
await app.listen({ port: 0, host: '127.0.0.1' });
listening(app.server);
