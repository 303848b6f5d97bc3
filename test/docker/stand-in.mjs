// Stand-in for Tempo, Loki or Grafana in a container: answers health checks and records received requests.
//   node stand-in.mjs <ports, by comma> [folder]
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [ports = '', folder] = process.argv.slice(2);

async function answer(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.method === 'POST' && folder !== undefined) {
    const body = Buffer.concat(chunks).toString('base64');
    const { url: path, headers } = request;
    appendFileSync(join(folder, 'received.jsonl'), `${JSON.stringify({ path, headers, body })}\n`);
  }
  response.writeHead(200, { 'content-type': request.headers['content-type'] ?? 'text/plain' }).end();
}

for (const port of ports.split(',')) {
  createServer((request, response) => void answer(request, response)).listen(Number(port));
}

process.once('SIGTERM', () => process.exit(0));
