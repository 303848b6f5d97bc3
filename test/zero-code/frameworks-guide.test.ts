import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { listFiles, readSnippets } from '../docs/snippets.ts';
import { freePort } from '../support/free-port.ts';
import { lockedModules } from '../support/locked-modules.ts';
import { needs } from '../support/needs.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { exceptionMessages, serverSpans } from './libraries/support/library-program.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';

const timeout = 120_000;

const snippets = await readSnippets('docs/guide/frameworks.md');

/** The dependencies of the program of each section. */
const sections: Readonly<Record<string, readonly string[]>> = {
  Express: ['express'],
  Fastify: ['fastify'],
  Koa: ['koa', '@koa/router'],
  Hono: ['hono', '@hono/node-server'],
  'Plain servers': ['@opentelemetry/api'],
};

suite('guide: frameworks', { timeout: 5 * timeout }, () => {
  test('every program of the guide is tested', () => {
    const programs = snippets.filter(({ file }) => file !== undefined).map(({ heading }) => heading);
    assert.deepEqual(programs, Object.keys(sections));
  });

  for (const [heading, dependencies] of Object.entries(sections)) {
    test(`${heading}: routes, the exception and the requests in flight`, { timeout }, async (t) => {
      const node = await nodeUnderTest(t, process.versions.node);
      if (node === undefined) return;
      const modules = await lockedModules(join(import.meta.dirname, 'libraries', 'newest')).catch(() => {});
      if (modules === undefined) {
        needs(t, 'packages from the registry of npm');
        return;
      }
      const sink = await OtlpSink.start();
      t.after(() => sink[Symbol.asyncDispose]());
      const cwd = await application(t, dependencies, listFiles(snippets, heading));
      await symlink(modules, join(cwd, 'node_modules'));
      const command = snippets.find((each) => each.heading === heading && each.language === 'sh');
      const [, ...args] = command?.text.trim().split(' ') ?? [];
      const port = await freePort();
      await using program = new Program(node, args, {
        cwd,
        env: { NODE_OPTIONS: undefined, PORT: String(port), OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
      });
      await program.printed('listening');
      // `localhost`, because servers differ in the address that they listen on.
      for (const path of ['/users/42', '/fails/42']) {
        // oxlint-disable-next-line no-await-in-loop -- one request at a time
        await fetch(`http://localhost:${port}${path}`).then(
          (response) => response.text(),
          () => {},
        );
      }
      process.kill(program.pid, 'SIGTERM');
      await program.ended;
      assert.deepEqual(
        serverSpans(sink).map((span) => [span.name, span.attributes['error.type'], exceptionMessages(span)]),
        [
          ['GET /users/:id', undefined, []],
          ['GET /fails/:id', 'TypeError', ['no such user']],
        ],
        program.output,
      );
      // The metric goes up and down with each request: its series exist, and nothing is in flight at the end.
      const active = sink.metrics.findLast(({ name }) => name === 'http.server.active_requests');
      const { dataPoints = [] } = (active?.raw['sum'] ?? {}) as { dataPoints?: Record<string, unknown>[] };
      assert.ok(dataPoints.length > 0, `http.server.active_requests\n${program.output}`);
      for (const point of dataPoints) assert.equal(Number(point['asInt'] ?? point['asDouble']), 0);
    });
  }
});
