import { suppressed } from '@sonde/sdk';
import { applicationFolder, nearestPackage } from '../config/package-json.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { guarded } from './guarded.ts';
import { knownInstrumentation, shortName } from '@sonde/sdk/libraries';
import { type LoadedPackage, loadedPackages } from './loaded-packages.ts';
import type { PatchTarget } from './patch-guard.ts';

const settleMs = 2000;
const maxBytes = 64 * 1024 * 1024;
const bundleBytes = 64 * 1024;

const code = 'SONDE_NOT_INSTRUMENTED';

/** Whether a package is part of the telemetry pipeline. */
const isTelemetry = (name: string): boolean =>
  name.startsWith('@sonde/') || name.startsWith('@opentelemetry/') || shortName(name) !== undefined;

type LoadedPackages = ReadonlyMap<string, LoadedPackage>;

/** Warns about packages that were loaded before they could be hooked. */
function warnLoadedTooEarly(targets: readonly PatchTarget[], loadedBefore: LoadedPackages): void {
  for (const { packageName } of targets) {
    const found = loadedBefore.get(packageName);
    if (found === undefined) continue;
    const remedy = found.isBundled
      ? 'call start() in the first module that the application imports'
      : 'start with node --require ./instrument';
    const message = `${packageName} was loaded before Sonde and is not instrumented: ${remedy}`;
    warnOnce(code, packageName, message);
  }
}

/** Warns about loaded packages that no instrumentation has patched. */
function warnUnpatched(missed: readonly PatchTarget[], loaded: LoadedPackages): void {
  for (const { packageName, instrumentationName, isCovered, supportedVersions } of missed) {
    const found = loaded.get(packageName);
    const version = found?.readVersion();
    if (found === undefined || isCovered(version)) continue;
    const ranges = [...supportedVersions].join(' || ');
    const remedy = found.isBundled
      ? 'leave the package out of the bundle'
      : 'load Sonde earlier: start with node --require ./instrument';
    const message = `${packageName} ${String(version)} is not instrumented: ${instrumentationName} supports ${ranges}; if the version matches, ${remedy}`;
    warnOnce(code, packageName, message);
  }
}

/** Whether the libraries that nothing records are reported, and which of them are recorded. */
export interface UnseenLibraries {
  /** Whether a version of a library publishes its operations itself. */
  readonly isCovered: (packageName: string, version: string | undefined) => boolean;
  /** Short names of instrumentations that are switched off on purpose. */
  readonly disabled: readonly string[];
}

/** Warns about the loaded libraries that nothing records, with the one command that changes it. */
function warnUnseen(
  { disabled, isCovered }: UnseenLibraries,
  targets: readonly PatchTarget[],
  loaded: LoadedPackages,
): void {
  const hooked = new Set(targets.map(({ packageName }) => packageName));
  const unseen = new Map<string, string>();
  for (const [packageName, { readVersion }] of loaded) {
    const instrumentation = knownInstrumentation(packageName);
    if (instrumentation === undefined || hooked.has(packageName)) continue;
    const name = shortName(instrumentation);
    if (name !== undefined && disabled.includes(name)) continue;
    if (!isCovered(packageName, readVersion())) unseen.set(packageName, instrumentation);
  }
  // The operations of mongoose are recorded, and it loads mongodb.
  if (loaded.has('mongoose') && !unseen.has('mongoose')) unseen.delete('mongodb');
  if (unseen.size === 0) return;
  const have = unseen.size === 1 ? 'has' : 'have';
  const names = [...unseen.keys()].toSorted().join(', ');
  const packages = [...new Set(unseen.values())].toSorted().join(' ');
  warnOnce(code, 'unseen', `${names} ${have} no spans: npm install ${packages}`);
}

/** Returns the text of the main program, unless it is too large for a bundle. */
async function programText(): Promise<string | undefined> {
  const { readFile, stat } = process.getBuiltinModule('node:fs/promises');
  const path = process.argv[1];
  const size = path === undefined ? 0 : (await stat(path)).size;
  return path === undefined || size > maxBytes ? undefined : readFile(path, 'latin1');
}

/**
 * Warns about packages that are bundled into the program, where instrumentations cannot patch them. Bundlers write the path
 * of each part; a minified bundle is recognized by its size and by loading no dependencies.
 */
async function warnBundled(missed: readonly PatchTarget[], loaded: LoadedPackages): Promise<void> {
  const dependencies = Object.keys(
    (nearestPackage(applicationFolder(), (manifest) => manifest.dependencies !== undefined)?.manifest
      .dependencies as object | undefined) ?? {},
  );
  const suspects = [
    ...new Set(missed.map(({ packageName }) => packageName).filter((name) => dependencies.includes(name))),
  ].filter((name) => !loaded.has(name));
  if (suspects.length === 0) return;
  const text = await programText();
  if (text === undefined) return;
  const loadsNothing = dependencies.every((name) => !loaded.has(name) || isTelemetry(name));
  const isMinified = loadsNothing && text.length > bundleBytes;
  const bundledNames = suspects.filter((name) => isMinified || text.includes(`node_modules/${name}/`));
  if (bundledNames.length === 0) return;
  const [are, them] = bundledNames.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const message = `${bundledNames.join(', ')} ${are} bundled into the application and not instrumented: use the plug-in of @sonde/otel/bundler, or leave ${them} out of the bundle`;
  warnOnce(code, 'bundle', message);
}

/**
 * Verifies once after start-up that loaded packages are instrumented, and logs how to fix those that are not.
 *
 * @param targets the packages that instrumentations patch
 * @param loadedBefore the packages that were loaded before the instrumentations
 * @param unseen undefined: libraries that nothing records are not reported
 */
export function verifyInstrumentation(
  targets: readonly PatchTarget[],
  loadedBefore: LoadedPackages,
  unseen: UnseenLibraries | undefined,
): void {
  guarded('the application', () => warnLoadedTooEarly(targets, loadedBefore));
  const late = targets.filter(({ packageName }) => !loadedBefore.has(packageName));
  let isDone = false;
  const check = (): void => {
    if (isDone) return;
    isDone = true;
    process.off('beforeExit', check);
    clearTimeout(timer);
    const patched = late.filter(({ isPatched }) => isPatched);
    // An instrumentation that has patched one of its packages may not need the others.
    const names = new Set(patched.flatMap((target) => [target.packageName, target.instrumentationName]));
    const missed = late.filter(
      ({ packageName, instrumentationName }) => !names.has(packageName) && !names.has(instrumentationName),
    );
    guarded('the application', () => {
      const loaded = loadedPackages();
      warnUnpatched(missed, loaded);
      // It reads files, which an instrumentation may trace.
      suppressed(() => warnBundled(missed, loaded)).catch(() => {});
      if (unseen !== undefined) warnUnseen(unseen, targets, loaded);
    });
  };
  const timer = setTimeout(check, settleMs).unref();
  process.once('beforeExit', check);
}
