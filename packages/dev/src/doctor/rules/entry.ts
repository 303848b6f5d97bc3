import type { Evidence, Rule } from '../finding.ts';
import { canResolve, isBuiltin, type Load } from '../load-order.ts';
import type { Project } from '../project.ts';

/** Packages that hooks patch when they are loaded. */
const hooked: ReadonlySet<string> = new Set([
  'express',
  'koa',
  '@koa/router',
  'hono',
  '@nestjs/core',
  '@hapi/hapi',
  'restify',
  'polka',
  'connect',
  'router',
  'fastify',
  'pg',
  'mongodb',
  'mysql',
  'amqplib',
  'kafkajs',
  'memcached',
  'tedious',
  'openai',
  'socket.io',
  'knex',
  'cassandra-driver',
  'oracledb',
  '@trpc/server',
  '@grpc/grpc-js',
  'pino',
  'winston',
  'bunyan',
]);
/** Packages that hooks patch in set-ups of upstream, besides the modules of Node.js. */
const hookedByUpstream: ReadonlySet<string> = new Set([
  ...hooked,
  'mysql2',
  'ioredis',
  'redis',
  'mongoose',
  'graphql',
  'http',
  'https',
  'undici',
]);

const place = ({ show }: Project, { file, line }: Load): string => `${show(file)}:${line}`;
const isHooked = (load: Load, setUp: Load): boolean =>
  (setUp.setUp === 'upstream' ? hookedByUpstream : hooked).has(load.package);
const firstSetUp = ({ loads }: Project): Load | undefined => loads.find(({ setUp }) => setUp !== undefined);

function startFix({ entry, show }: Project, setUp: Load): string {
  const file = show(setUp.file);
  const isEntry = entry?.file === setUp.file;
  const flag = setUp.setUp === 'sonde' ? '--require' : '--import';
  return isEntry
    ? `node ${flag} @sonde/otel/register ${file}`
    : `node ${flag} ./${file} ${entry === undefined ? 'app.js' : show(entry.file)}`;
}

function checkLate(project: Project): Evidence[] {
  const setUp = firstSetUp(project);
  if (setUp === undefined || setUp.preload !== undefined || setUp.isStatic) return [];
  const early = project.loads
    .slice(0, project.loads.indexOf(setUp))
    .filter((load) => isHooked(load, setUp) && load.file !== setUp.file);
  const [first] = early;
  if (first === undefined) return [];
  return [
    {
      cause: `${[...new Set(early.map((load) => load.package))].join(', ')} is loaded before telemetry starts`,
      proof: [place(project, first), `${place(project, setUp)} starts ${setUp.package}`],
      fix: startFix(project, setUp),
    },
  ];
}

function checkHoisted(project: Project): Evidence[] {
  const setUp = firstSetUp(project);
  if (setUp === undefined || setUp.preload !== undefined || project.entry?.isModule !== true) return [];
  const first = project.loads.find(
    (load) => load.isStatic && isHooked(load, setUp) && load.file !== setUp.file,
  );
  if (first === undefined || !project.loads.some((load) => load === setUp && load.isStatic)) return [];
  return [
    {
      cause: `The ES module imports the set-up and ${first.package} statically: all imports are loaded before the set-up runs`,
      proof: [place(project, first), `${place(project, setUp)} starts ${setUp.package}`],
      fix: startFix(project, setUp),
    },
  ];
}

function checkUnhooked(project: Project): Evidence[] {
  const setUp = firstSetUp(project);
  if (setUp?.setUp !== 'upstream' || setUp.preload === undefined || project.entry?.isModule !== true)
    return [];
  const preloads = project.command?.preloads ?? [];
  const hasHooks =
    preloads.some(({ flag, specifier }) => flag === '--loader' || /hook\.mjs/.test(specifier)) ||
    project.loads.some((load) => load.package === 'import-in-the-middle' || load.package === 'module');
  const target = project.loads.find(
    (load) =>
      load.isStatic && load.preload === undefined && isHooked(load, setUp) && !isBuiltin(load.package),
  );
  const isRegister = /auto-instrumentations-node/.test(setUp.package);
  if (hasHooks || target === undefined || (isRegister && setUp.preload.flag === '--import')) return [];
  return [
    {
      cause: `The program is an ES module, and its set-up registers no hooks for import`,
      proof: [place(project, target), `${setUp.preload.flag} ${setUp.preload.specifier}`],
      fix: `node --experimental-loader=@opentelemetry/instrumentation/hook.mjs ${setUp.preload.flag} ${setUp.preload.specifier} ${project.show(project.entry.file)}`,
    },
  ];
}

const bundleMarkers =
  /__webpack_require__|\/\/ node_modules\/|__commonJS\s*=|\/\/#region node_modules\/|var __getOwnPropNames = Object\.getOwnPropertyNames/;

function checkBundled({ entry, dependencies, manifest, show }: Project): Evidence[] {
  if (entry === undefined || !bundleMarkers.test(entry.text)) return [];
  // The plug-in of @sonde/otel/bundler shows the libraries to the hooks.
  if (entry.text.includes('@sonde/otel bundle')) return [];
  const names = [...dependencies, ...Object.keys(manifest.devDependencies ?? {})].filter((name) =>
    hooked.has(name),
  );
  const bundled = names.filter((name) => entry.text.includes(`node_modules/${name}/`));
  if (bundled.length === 0) return [];
  const line = entry.text.slice(0, entry.text.indexOf(`node_modules/${bundled[0]}/`)).split('\n').length;
  return [
    {
      cause: `${bundled.join(', ')} is part of the bundle, where hooks do not see it`,
      proof: [`${show(entry.file)}:${line}`],
      fix: `add the plug-in of @sonde/otel/bundler to the bundler, or leave it out of the bundle: external: ${JSON.stringify(bundled)}`,
    },
  ];
}

/** The rules that read the command line and the sources. */
export const entryRules: readonly Rule<Project>[] = [
  {
    code: 'SONDE_NO_SETUP',
    title: 'nothing starts telemetry',
    weight: 'broken',
    explanation:
      'No preload and no file of the program starts an SDK. Start the program with `node --require @sonde/otel/register app.js`.',
    check: (project) => {
      const { entry, loads, command, show } = project;
      if (
        entry === undefined ||
        command?.runner === 'next' ||
        loads.some(({ setUp }) => setUp !== undefined) ||
        bundleMarkers.test(entry.text)
      )
        return [];
      // A preload that cannot be found has a rule of its own.
      if (command?.preloads.some((preload) => !canResolve(project.directory, preload))) return [];
      return [
        {
          cause: 'No preload and no file that the program loads starts an SDK',
          proof: [show(entry.file)],
          fix: `node --require @sonde/otel/register ${show(entry.file)}`,
        },
      ];
    },
  },
  {
    code: 'SONDE_PRELOAD_MISSING',
    title: 'a preload cannot be found',
    weight: 'broken',
    explanation:
      'Node.js resolves `--require` and `--import` from the working directory. In Kubernetes, the OpenTelemetry Operator sets `NODE_OPTIONS` on the container, which overrides `NODE_OPTIONS` of the image. A start script that sets `NODE_OPTIONS` overrides both.',
    check: ({ command, directory }) =>
      (command?.preloads ?? [])
        .filter((preload) => !canResolve(directory, preload))
        .map(({ flag, specifier, origin }) => ({
          cause: `${origin} loads ${specifier}, which cannot be found from ${directory}`,
          proof: [`${flag} ${specifier}`],
          fix: /^[./]/.test(specifier)
            ? `remove ${flag} ${specifier}`
            : `npm install ${specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')}`,
        })),
  },
  {
    code: 'SONDE_SETUP_LATE',
    title: 'telemetry starts after the libraries are loaded',
    weight: 'broken',
    explanation:
      'Instrumentations patch a library when it is loaded. Telemetry must start first. Use a preload: it runs before the application, in whatever order the application imports its modules.',
    check: checkLate,
  },
  {
    code: 'SONDE_SETUP_IMPORTED',
    title: 'the application imports the telemetry set-up statically',
    weight: 'broken',
    explanation:
      'Node.js loads all static imports of an ES module before it runs any of these modules, and compilers move imports to the top. Load the set-up with `--require` or `--import`. A bundle is different: see `docs/guide/bundling.md`.',
    check: checkHoisted,
  },
  {
    code: 'SONDE_ESM_UNHOOKED',
    title: 'an ES module runs without hooks',
    weight: 'broken',
    explanation:
      'Without hooks for `import`, OpenTelemetry instrumentations patch only CommonJS modules. `@sonde/otel/register` installs hooks for CommonJS and ES modules.',
    check: checkUnhooked,
  },
  {
    code: 'SONDE_BUNDLED',
    title: 'an instrumented library is part of the bundle',
    weight: 'broken',
    explanation:
      'Hooks see modules that Node.js loads; a bundle holds its libraries itself. Use the plug-in of `@sonde/otel/bundler`, or leave them out of the bundle. The guide `docs/guide/bundling.md` shows how.',
    check: checkBundled,
  },
  {
    code: 'SONDE_STARTED_TWICE',
    title: 'telemetry is started twice',
    weight: 'warning',
    explanation:
      'The second set-up of one SDK is ignored or exports everything twice. `NODE_OPTIONS` and a file of the application often start one each.',
    check: (project) => {
      const starts = project.loads.filter(({ setUp }) => setUp === 'sonde' || setUp === 'upstream');
      const places = [
        ...new Map(starts.map((load) => [load.preload?.specifier ?? load.file, load])).values(),
      ];
      const kinds = new Set(places.map(({ setUp }) => setUp));
      if (places.length < 2 || kinds.size > 1) return [];
      return [
        {
          cause: 'Two set-ups start telemetry',
          proof: places.map((load) =>
            load.preload === undefined
              ? place(project, load)
              : `${load.preload.flag} ${load.preload.specifier} (${load.preload.origin})`,
          ),
          fix: 'remove one of the two set-ups',
        },
      ];
    },
  },
  {
    code: 'SONDE_NEXT_HOOK',
    title: 'Next.js starts its hook after node:http is loaded',
    weight: 'warning',
    explanation:
      'The file `instrumentation.ts` of Next.js runs when `node:http` is loaded already. A preload in `NODE_OPTIONS` runs before.',
    check: (project) =>
      project.command?.runner === 'next' &&
      !project.loads.some(({ preload, setUp }) => preload !== undefined && setUp !== undefined)
        ? [
            {
              cause: 'No preload starts telemetry before Next.js',
              proof: [`scripts.start: ${project.manifest.scripts?.['start'] ?? 'next start'}`],
              fix: 'NODE_OPTIONS="--require @sonde/otel/register" next start',
            },
          ]
        : [],
  },
];
