import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import type { InstrumentationConfig } from '../config/config.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { state } from '../state.ts';
import type { Candidate } from './candidate.ts';
import { guarded, guardedFor, reasonOf } from './guarded.ts';
import { redirectToOwnIitm } from './iitm-dedupe.ts';
import { installedInstrumentations } from './installed.ts';
import { type BundledSettings, bundledInstrumentations } from './bundled.ts';
import { shortName } from './short-name.ts';

/** Those of ours that make traces. */
const traces: ReadonlySet<string> = new Set(['http', 'undici']);

function warnFault(packageName: string, error: unknown): void {
  warnOnce('SONDE_INSTRUMENTATION', packageName, `${packageName} is not in use: ${reasonOf(error)}`);
}

function warnUnknown(names: readonly string[], known: ReadonlySet<string>, setting: string): void {
  for (const name of names) {
    if (known.has(name)) continue;
    const message = `${setting} names ${JSON.stringify(name)}, which is not installed; installed are ${[...known].toSorted().join(', ')}`;
    warnOnce('SONDE_UNKNOWN_INSTRUMENTATION', `${setting} ${name}`, message);
  }
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
 * The instrumentations to start, each once: those that the user gives, else those that come with Sonde, else those
 * that the application has installed.
 *
 * @param tracesElsewhere whether another SDK traces: then of what was not given only what makes no traces is started
 */
export function createInstrumentations(
  given: readonly Instrumentation[],
  { discover, enabled, disabled }: InstrumentationConfig,
  bundled: BundledSettings,
  tracesElsewhere: boolean,
): Instrumentation[] {
  const { instrumentations: started, instrumentationNames } = state.restart;
  const own = bundledInstrumentations(bundled).filter(({ name }) => !tracesElsewhere || !traces.has(name));
  const installed = discover && !tracesElsewhere ? discovered() : [];
  const candidates = [...own, ...installed];
  const known = new Set(candidates.map(({ name }) => name));
  if (!tracesElsewhere)
    warnUnknown(enabled ?? [], known, 'instrumentation.enabled (OTEL_NODE_ENABLED_INSTRUMENTATIONS)');
  if (!tracesElsewhere)
    warnUnknown(disabled, known, 'instrumentation.disabled (OTEL_NODE_DISABLED_INSTRUMENTATIONS)');

  const taken = new Set<string | undefined>([
    ...given.map(({ instrumentationName }) => shortName(instrumentationName)),
    ...disabled,
    ...instrumentationNames,
  ]);
  const chosen = candidates.filter(({ name, optIn }) => {
    const isWanted = !taken.has(name) && (enabled?.includes(name) ?? !optIn);
    taken.add(name);
    return isWanted;
  });
  if (given.length > 0 || chosen.some((candidate) => !own.includes(candidate))) {
    guarded('modules with other copies of import-in-the-middle', redirectToOwnIitm);
  }
  const created = chosen.flatMap((candidate) => {
    const instances = create(candidate);
    if (instances.length > 0) instrumentationNames.add(candidate.name);
    return instances;
  });
  return [...created, ...given.filter((each) => isNew(each, started, instrumentationNames))];
}

/** Whether nothing that an earlier start put in place does the same; another object for the same is disabled. */
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
 * Connects instrumentations with the providers of the API, and enables those that are not. One that fails is reported
 * and left as it is.
 */
export function registerEach(instrumentations: readonly Instrumentation[]): void {
  for (const instrumentation of instrumentations) {
    guardedFor(instrumentation, () => registerInstrumentations({ instrumentations: [instrumentation] }));
  }
}
