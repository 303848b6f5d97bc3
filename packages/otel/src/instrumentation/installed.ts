import nodeModule from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import {
  applicationFolder,
  type Manifest,
  manifestIn,
  nearestPackage,
  type Package,
} from '../config/package-json.ts';
import type { Candidate } from './candidate.ts';
import { namesPlugins, removePluginSources } from './plugin-source.ts';
import { shortName } from '@sonde/sdk/libraries';
import { ownUrl, createRequireFor } from '@sonde/sdk';

const bundle = '@opentelemetry/auto-instrumentations-node';

/** Instrumentations of the bundle that must be enabled by name. */
const optInNames: ReadonlySet<string> = new Set(['fs', 'host-metrics']);

/** Options by package. The one of Fastify must be registered by the application without this option. */
const optionsFor: Readonly<Record<string, object>> = { '@fastify/otel': { registerOnInitialization: true } };

const getDependencies = ({ dependencies, optionalDependencies }: Manifest): string[] =>
  Object.keys({ ...(dependencies as object), ...(optionalDependencies as object) });

/** Returns the packages whose dependencies are searched: the application, and the one in which Sonde is installed. */
function projects(): Package[] {
  const application = nearestPackage(
    applicationFolder(),
    (manifest) => manifest.name !== undefined || getDependencies(manifest).length > 0,
  );
  const url = ownUrl();
  const ownFile = url?.startsWith('file:') === true ? fileURLToPath(url) : '';
  const [home, inside] = ownFile.split(`${sep}node_modules${sep}`, 2);
  const manifest = inside === undefined || home === undefined ? undefined : manifestIn(home);
  return [
    ...(application === undefined ? [] : [application]),
    ...(manifest === undefined || home === undefined ? [] : [{ folder: home, manifest }]),
  ];
}

type InstrumentationClass = new (options?: object) => Instrumentation;

/** Whether a value is a class with the methods that upstream's loader calls. */
function isInstrumentationClass(value: unknown): value is InstrumentationClass {
  if (typeof value !== 'function') return false;
  const { enable, setTracerProvider } = (value.prototype ?? {}) as Partial<Instrumentation>;
  return typeof enable === 'function' && typeof setTracerProvider === 'function';
}

function createFrom(folder: string, packageName: string): Instrumentation[] {
  const load = createRequireFor(join(folder, 'package.json'));
  const exported: unknown = load(packageName);
  const classes = new Set(Object.values(exported as object).filter(isInstrumentationClass));
  if (classes.size === 0) throw new Error('it does not export an instrumentation');
  const created = [...classes].map((Class) => new Class(optionsFor[packageName]));
  if (namesPlugins.has(packageName)) created.forEach(removePluginSources);
  return created;
}

/** Returns the instrumentations among the dependencies of a package. @param isBundle whether some are opt-in */
function getCandidates({ folder, manifest }: Package, isBundle: boolean): Candidate[] {
  return getDependencies(manifest).flatMap((packageName) => {
    const name = shortName(packageName);
    if (name === undefined) return [];
    const create = (): Instrumentation[] => createFrom(folder, packageName);
    return [{ name, packageName, optIn: isBundle && optInNames.has(name), create }];
  });
}

/** Returns the dependencies of the bundle one by one: the bundle itself loads all of them, and cloud detectors. */
function getBundleCandidates(project: Package): Candidate[] {
  if (!getDependencies(project.manifest).includes(bundle)) return [];
  const path = nodeModule.findPackageJSON(bundle, pathToFileURL(join(project.folder, 'package.json')));
  const folder = path === undefined ? undefined : dirname(path);
  const manifest = folder === undefined ? undefined : manifestIn(folder);
  if (folder === undefined || manifest === undefined) throw new Error('it is not installed');
  return getCandidates({ folder, manifest }, true);
}

/**
 * Returns the installed instrumentations, direct dependencies of the application before those of the bundle.
 *
 * @param onFault called if the bundle cannot be read
 */
export function installedInstrumentations(
  onFault: (packageName: string, error: unknown) => void,
): Candidate[] {
  const found = projects();
  const fromBundle = found.flatMap((project) => {
    try {
      return getBundleCandidates(project);
    } catch (error) {
      onFault(bundle, error);
      return [];
    }
  });
  return [...found.flatMap((project) => getCandidates(project, false)), ...fromBundle];
}
