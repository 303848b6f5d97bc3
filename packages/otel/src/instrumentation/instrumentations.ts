import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import type { InstrumentationConfig } from '../config/config.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { state } from '../state.ts';
import type { Candidate } from './candidate.ts';
import { channelLibraries } from './channels/libraries.ts';
import { frameworkNames } from './frameworks/frameworks.ts';
import { guarded, guardedFor, firstLine } from './guarded.ts';
import { knownInstrumentationNames, shortName } from '@sonde/sdk/libraries';
import { redirectToOwnIitm } from './iitm-dedupe.ts';
import { installedInstrumentations } from './installed.ts';
import { type BundledSettings, bundledInstrumentations } from './bundled.ts';

/** The bundled instrumentations that create or change spans. */
const tracing: ReadonlySet<string> = new Set([
  'http',
  'undici',
  'grpc',
  ...channelLibraries.map(({ name }) => name),
  ...frameworkNames,
]);

const expressPackage = '@opentelemetry/instrumentation-express';
const routerPackage = '@opentelemetry/instrumentation-router';

function warnFault(packageName: string, error: unknown): void {
  warnOnce('SONDE_INSTRUMENTATION', packageName, `cannot use ${packageName}: ${firstLine(error)}`);
}

/** How many unknown names are reported one by one. */
const maxUnknownNames = 5;

function warnUnknown(names: readonly string[], known: ReadonlySet<string>, setting: string): void {
  const unknown = names.filter((name) => !known.has(name));
  for (const name of unknown.slice(0, maxUnknownNames)) {
    const message = `${setting} names ${JSON.stringify(name)}, which is unknown; known are ${[...known].toSorted().join(', ')}`;
    warnOnce('SONDE_UNKNOWN_INSTRUMENTATION', `${setting} ${name}`, message);
  }
  const more = unknown.length - maxUnknownNames;
  if (more > 0)
    warnOnce('SONDE_UNKNOWN_INSTRUMENTATION', setting, `${setting} names ${more} more that are unknown`);
}

const discovered = (): Candidate[] =>
  guarded('the application', () => installedInstrumentations(warnFault)) ?? [];

function create({ packageName, create: make }: Candidate): Instrumentation[] {
  try {
    return make();
  } catch (error) {
    warnFault(packageName, error);
    return [];
  }
}

/**
 * Creates the instrumentations, each once: those of the user take precedence over those of Sonde, and these over installed
 * ones.
 *
 * @param provided the instrumentations of the user
 * @param tracesElsewhere whether another SDK traces: then only `provided` and those that create no spans start
 */
export function createInstrumentations(
  provided: readonly Instrumentation[],
  { discover, enabled, disabled }: InstrumentationConfig,
  bundled: BundledSettings,
  tracesElsewhere: boolean,
): Instrumentation[] {
  const { instrumentations: started, instrumentationNames } = state.restart;
  const ours = bundledInstrumentations(bundled).filter(({ name }) => !tracesElsewhere || !tracing.has(name));
  const installed = discover && !tracesElsewhere ? discovered() : [];
  const candidates = [...ours, ...installed];
  const known = new Set(candidates.map(({ name }) => name));
  if (!tracesElsewhere)
    warnUnknown(enabled ?? [], known, 'instrumentation.enabled (OTEL_NODE_ENABLED_INSTRUMENTATIONS)');
  if (!tracesElsewhere)
    warnUnknown(
      disabled,
      new Set([...known, ...knownInstrumentationNames()]),
      'instrumentation.disabled (OTEL_NODE_DISABLED_INSTRUMENTATIONS)',
    );

  const taken = new Set<string | undefined>([
    ...provided.map(({ instrumentationName }) => shortName(instrumentationName)),
    ...disabled,
    ...instrumentationNames,
  ]);
  const chosen = candidates.filter(({ name, optIn, isComplement = false }) => {
    const isEnabled = !taken.has(name) && (enabled?.includes(name) ?? !optIn);
    if (!isComplement) taken.add(name);
    return isEnabled;
  });
  // Express 5 uses `router`, and its instrumentation covers it: each layer would have two spans.
  const isExpress = chosen.some(({ packageName }) => packageName === expressPackage);
  const withoutDoubles = chosen.filter(
    ({ name, packageName }) =>
      !isExpress || packageName !== routerPackage || enabled?.includes(name) === true,
  );
  if (provided.length > 0 || chosen.some((candidate) => !ours.includes(candidate))) {
    guarded('modules with other copies of import-in-the-middle', redirectToOwnIitm);
  }
  const created = withoutDoubles.flatMap((candidate) => {
    const instances = create(candidate);
    if (instances.length > 0) instrumentationNames.add(candidate.name);
    return instances;
  });
  return [...created, ...provided.filter((each) => isNew(each, started, instrumentationNames))];
}

/** Whether no earlier start registered the same instrumentation. Disables another instance of a registered one. */
function isNew(
  instrumentation: Instrumentation,
  started: readonly Instrumentation[],
  names: ReadonlySet<string>,
): boolean {
  if (started.includes(instrumentation)) return false;
  const { instrumentationName } = instrumentation;
  const isStarted =
    started.some((each) => each.instrumentationName === instrumentationName) ||
    names.has(shortName(instrumentationName) ?? '');
  if (isStarted) guardedFor(instrumentation, () => instrumentation.disable());
  return !isStarted;
}

/**
 * Connects instrumentations to the providers of the API and enables them. One that fails is reported and skipped.
 */
export function registerEach(instrumentations: readonly Instrumentation[]): void {
  for (const instrumentation of instrumentations) {
    guardedFor(instrumentation, () => registerInstrumentations({ instrumentations: [instrumentation] }));
  }
}
