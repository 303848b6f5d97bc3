'use strict';
// Reports to the viewer which packages this process has loaded, and which instrumentations are among them.
const { readFileSync } = require('node:fs');
const nodeModule = require('node:module');
const path = require('node:path');
const { fileURLToPath } = require('node:url');
const { post } = require('./post.cjs');

const sondeState = Symbol.for('@sonde/otel');
const intervalMs = 2000;
const maxPackages = 1000;

/** A file of a package: the folder of its outermost `node_modules`, and its name. */
const inPackage =
  /^(.*?[\\/]node_modules[\\/](?:\.pnpm[\\/][^\\/]+[\\/]node_modules[\\/])?)((?:@[^\\/]+[\\/])?[^\\/]+)/;
const isInstrumentation = (name) =>
  /^@opentelemetry\/instrumentation-./.test(name) ||
  name === '@fastify/otel' ||
  name === '@prisma/instrumentation';

function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The names that the application itself depends on; undefined when it has no manifest. */
function directDependencies() {
  let folder = process.argv[1] === undefined ? process.cwd() : path.dirname(path.resolve(process.argv[1]));
  for (;;) {
    const { dependencies, devDependencies, optionalDependencies } = readManifest(folder) ?? {};
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
    if (Object.keys(all).length > 0) return new Set(Object.keys(all));
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

/** Watches what is loaded, by `require` and by `import`. */
exports.reportLoadedPackages = () => {
  if (typeof nodeModule.registerHooks !== 'function') return;
  /** Folders by name. */
  const folders = new Map();
  const seen = new Set();
  const note = (url) => {
    if (typeof url !== 'string' || !url.startsWith('file:') || !url.includes('node_modules')) return;
    const [, home, name] = inPackage.exec(fileURLToPath(url)) ?? [];
    if (name === undefined || seen.has(home + name) || seen.size >= maxPackages) return;
    seen.add(home + name);
    folders.set(name.replaceAll('\\', '/'), home + name);
  };
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      try {
        note(resolved?.url);
      } catch {
        // The program must not notice.
      }
      return resolved;
    },
  });
  let reported = 0;
  setInterval(() => {
    if (folders.size === reported) return;
    reported = folders.size;
    const direct = directDependencies();
    const loaded = [...folders].filter(([name]) => direct === undefined || direct.has(name));
    post('packages', {
      pid: process.pid,
      packages: loaded.map(([name, folder]) => ({ name, version: readManifest(folder)?.version ?? null })),
      instrumentations: [...folders.keys()].filter(isInstrumentation),
      builtIn: [...(globalThis[sondeState]?.restart?.instrumentationNames ?? [])],
    });
  }, intervalMs).unref();
};
