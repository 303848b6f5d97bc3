import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { channelVersions, knownInstrumentation, shortName } from '@sonde/sdk/libraries';
import semver from 'semver';
import type { Evidence, Rule } from '../finding.ts';
import type { InstalledPackage, Project } from '../project.ts';
import { readText } from '../project-files.ts';
import { getText } from '../variables.ts';

/** Packages of which one process must hold one copy. */
const single = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/sdk-trace',
  'import-in-the-middle',
];

/** A prerelease counts as its release: it is installed on purpose. */
const satisfies = (version: string, range: string): boolean =>
  semver.satisfies(version, range, { includePrerelease: true });

const major = (version: string): string => version.split('.', 1)[0] ?? '';

function hasSetUp({ loads }: Project, ...kinds: readonly string[]): boolean {
  return loads.some(({ setUp }) => setUp !== undefined && kinds.includes(setUp));
}

/** Every copy of a package that the project and its direct dependencies load. */
function findCopies({ directory, dependencies, findPackage }: Project, name: string): InstalledPackage[] {
  const homes = [directory, ...dependencies.flatMap((dependency) => findPackage(dependency)?.folder ?? [])];
  const copies = homes.flatMap((home) => findPackage(name, home) ?? []);
  return [...new Map(copies.map((copy) => [copy.folder, copy])).values()];
}

function checkCopies(project: Project): Evidence[] {
  return single.flatMap((name) => {
    const copies = findCopies(project, name);
    const versions = new Set(copies.map(({ version }) => major(version)));
    // A copy of the API with a newer minor version cannot use the providers of an older one.
    const isHarmful =
      name === '@opentelemetry/api'
        ? new Set(copies.map(({ version }) => version.split('.', 2).join('.'))).size > 1
        : versions.size > 1;
    if (!isHarmful) return [];
    return [
      {
        cause: `${name} is installed in versions that do not work together: ${copies.map(({ version }) => version).join(', ')}`,
        proof: copies.map(({ folder, version }) => `${project.show(folder)} ${version}`),
        fix: `npm install ${name}@${semver.rsort(copies.map(({ version }) => version))[0]}`,
      },
    ];
  });
}

/** The ranges that an instrumentation patches, by package, from its compiled source. */
function readRanges({ folder }: InstalledPackage): Map<string, string[]> {
  const ranges = new Map<string, string[]>();
  for (const file of [
    'build/src/instrumentation.js',
    'dist/instrumentation.js',
    'dist/index.cjs',
    'build/src/index.js',
  ]) {
    const text = readText(join(folder, file)) ?? '';
    for (const [, name = '', list] of text.matchAll(
      /InstrumentationNodeModuleDefinition\(\s*['"]([^'"]+)['"]\s*,\s*(\[[^\]]*\]|[\w.]+)/g,
    )) {
      const variable = list?.replace(/^.*\./, '') ?? '';
      const value = list?.startsWith('[')
        ? list
        : new RegExp(`\\b${variable}\\s*=\\s*(\\[[^\\]]*\\])`).exec(text)?.[1];
      const found = [...(value ?? '').matchAll(/['"]([^'"]+)['"]/g)].map(([, range]) => range ?? '');
      if (found.length > 0) ranges.set(name, [...(ranges.get(name) ?? []), ...found]);
    }
  }
  return ranges;
}

function listInstrumentations({ directory, findPackage }: Project): InstalledPackage[] {
  try {
    const folder = join(directory, 'node_modules/@opentelemetry');
    return readdirSync(folder)
      .filter((name) => name.startsWith('instrumentation-'))
      .flatMap((name) => findPackage(`@opentelemetry/${name}`) ?? []);
  } catch {
    return [];
  }
}

const isCoveredByChannel = (project: Project, { name, version }: InstalledPackage): boolean =>
  hasSetUp(project, 'sonde') &&
  channelVersions.has(name) &&
  satisfies(version, `>=${channelVersions.get(name)}`);

function checkRanges(project: Project): Evidence[] {
  return listInstrumentations(project).flatMap((instrumentation) =>
    [...readRanges(instrumentation)].flatMap(([name, ranges]) => {
      const library = project.dependencies.includes(name) ? project.findPackage(name) : undefined;
      if (
        library === undefined ||
        satisfies(library.version, ranges.join(' || ')) ||
        isCoveredByChannel(project, library)
      )
        return [];
      return [
        {
          cause: `${name} ${library.version} is outside the range of ${instrumentation.name} ${instrumentation.version}: ${ranges.join(' || ')}`,
          proof: [`${project.show(join(library.folder, 'package.json'))}: ${library.version}`],
          fix: `npm install ${instrumentation.name}@latest`,
        },
      ];
    }),
  );
}

/** The libraries of the project that have an instrumentation. */
function listUnseen(project: Project): { library: InstalledPackage; instrumentation: string }[] {
  const isAutomatic =
    project.findPackage('@opentelemetry/auto-instrumentations-node') !== undefined &&
    hasSetUp(project, 'upstream');
  if (isAutomatic || !hasSetUp(project, 'sonde', 'upstream')) return [];
  return project.dependencies.flatMap((name) => {
    const instrumentation = knownInstrumentation(name);
    const library = project.findPackage(name);
    if (instrumentation === undefined || library === undefined || isCoveredByChannel(project, library))
      return [];
    // The operations of mongoose are recorded, and it loads mongodb.
    if (name === 'mongodb' && project.dependencies.includes('mongoose')) return [];
    return project.findPackage(instrumentation) === undefined ? [{ library, instrumentation }] : [];
  });
}

/** The name of the instrumentation of a library in variables. */
const instrumentationName = (name: string): string | undefined =>
  shortName(knownInstrumentation(name) ?? '') ??
  (['express', 'fastify', 'koa', 'hono', 'pino', 'winston'].includes(name) ? name : undefined);

function checkDisabled(project: Project): Evidence[] {
  const variable = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';
  const enabled = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
  const names = (name: string): string[] | undefined =>
    getText(project.environment, name)
      ?.split(',')
      .map((each) => each.trim());
  return project.dependencies.flatMap((name) => {
    const short = instrumentationName(name);
    if (short === undefined) return [];
    const isDisabled = names(variable)?.includes(short) === true;
    const isLeftOut = names(enabled) !== undefined && names(enabled)?.includes(short) !== true;
    const culprit = isDisabled ? variable : isLeftOut ? enabled : undefined;
    return culprit === undefined
      ? []
      : [
          {
            cause: `${culprit} switches off the instrumentation of ${name}`,
            proof: [`${culprit}=${project.environment[culprit]}`],
            fix: `unset ${culprit}`,
          },
        ];
  });
}

const isSdk2 = ({ version }: InstalledPackage): boolean =>
  satisfies(version, '>=0.200.0 <0.300.0 || >=2.0.0 <3.0.0');
const isSdk3 = ({ version }: InstalledPackage): boolean => satisfies(version, '>=0.300.0 <1.0.0 || >=3.0.0');

/** The rules that read packages. */
export const packageRules: readonly Rule<Project>[] = [
  {
    code: 'SONDE_NODE_VERSION',
    title: 'this version of Node.js is not supported',
    weight: 'broken',
    explanation: '`@sonde/otel` needs Node.js 22.15 or later.',
    check: () =>
      satisfies(process.versions.node, '>=22.15.0')
        ? []
        : [
            {
              cause: `Node.js ${process.versions.node} is older than 22.15`,
              proof: [process.execPath],
              fix: 'install Node.js 24',
            },
          ],
  },
  {
    code: 'SONDE_COPIES',
    title: 'two copies of the API or of an SDK',
    weight: 'broken',
    explanation:
      'A copy of `@opentelemetry/api` can use providers that another copy registered only if both have the same major version and its own minor version is not newer. SDKs of different major versions cannot share spans. Install one version.',
    check: checkCopies,
  },
  {
    code: 'SONDE_VERSION_UNSUPPORTED',
    title: 'a library is outside the range of its instrumentation',
    weight: 'broken',
    explanation:
      'An instrumentation patches the versions that it knows, and ignores others silently. Upgrade the instrumentation, or keep the library at a version of its range.',
    check: checkRanges,
  },
  {
    code: 'SONDE_NOT_INSTRUMENTED',
    title: 'a library has no instrumentation',
    weight: 'warning',
    explanation:
      'The library publishes no telemetry itself, and the package that instruments it is not installed. The page `docs/reference/libraries.md` lists the source of the telemetry of each library.',
    check: (project) => {
      const unseen = listUnseen(project);
      if (unseen.length === 0) return [];
      const names = unseen.map(({ library }) => `${library.name} ${library.version}`);
      const have = unseen.length === 1 ? 'has' : 'have';
      return [
        {
          cause: `${names.join(', ')} ${have} no spans`,
          proof: unseen.map(({ library }) => project.show(library.folder)),
          fix: `npm install ${[...new Set(unseen.map(({ instrumentation }) => instrumentation))].toSorted().join(' ')}`,
        },
      ];
    },
  },
  {
    code: 'SONDE_INSTRUMENTATION_OFF',
    title: 'an instrumentation is switched off',
    weight: 'warning',
    explanation:
      '`OTEL_NODE_DISABLED_INSTRUMENTATIONS` lists instrumentations that do not start; `OTEL_NODE_ENABLED_INSTRUMENTATIONS` lists the only ones that do.',
    check: checkDisabled,
  },
  {
    code: 'SONDE_OTHER_SDK',
    title: 'another SDK registers itself too',
    weight: 'broken',
    explanation:
      'The API keeps the provider that was registered first; the other SDK receives nothing. Start one of them, and use its exporters.',
    check: (project) => {
      const kinds = [
        ...new Map(
          project.loads.flatMap((load) => (load.setUp === undefined ? [] : [[load.setUp, load] as const])),
        ).values(),
      ];
      if (kinds.length < 2) return [];
      return [
        {
          cause: `The program starts ${kinds.map((load) => load.package).join(' and ')}: only the first one receives telemetry`,
          proof: kinds.map((load) => `${project.show(load.file)}:${load.line}`),
          fix: 'remove one of the two set-ups',
        },
      ];
    },
  },
  {
    code: 'SONDE_SDK_MIXED',
    title: 'parts of SDK 2 and SDK 3 are mixed',
    weight: 'broken',
    explanation:
      'Processors and exporters of OpenTelemetry JS 2.x do not work in a provider of 3.x: all spans are lost without an error. Install packages of one generation.',
    check: (project) => {
      const generations = project.dependencies
        .filter((name) => /^@opentelemetry\/(?:sdk-|exporter-)/.test(name))
        .flatMap((name) => project.findPackage(name) ?? []);
      const old = generations.filter(isSdk2);
      return old.length === 0 || !generations.some(isSdk3)
        ? []
        : [
            {
              cause: `${old.map(({ name, version }) => `${name} ${version}`).join(', ')} belongs to OpenTelemetry JS 2.x, the other packages to 3.x`,
              proof: generations.map(({ folder, version }) => `${project.show(folder)} ${version}`),
              fix: `npm install ${old.map(({ name }) => `${name}@latest`).join(' ')}`,
            },
          ];
    },
  },
];
