import { type Instrumentation, registerInstrumentations } from '@opentelemetry/instrumentation';
import type { Config } from '../config/settings.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import type { Candidate } from './candidate.ts';
import { guarded, guardedFor, reasonOf } from './guarded.ts';
import { redirectToOwnIitm } from './iitm-dedupe.ts';
import { installedInstrumentations } from './installed.ts';
import { bundledInstrumentations } from './bundled.ts';
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
export function createInstrumentations(config: Config, tracesElsewhere: boolean): Instrumentation[] {
  const given = config.instrumentations ?? [];
  const enabled = config['instrumentation.enabled'];
  const disabled = config['instrumentation.disabled'];
  const own = bundledInstrumentations(config).filter(({ name }) => !tracesElsewhere || !traces.has(name));
  const installed = config['instrumentation.discover'] && !tracesElsewhere ? discovered() : [];
  const candidates = [...own, ...installed];
  const known = new Set(candidates.map(({ name }) => name));
  if (!tracesElsewhere)
    warnUnknown(enabled ?? [], known, 'instrumentation.enabled (OTEL_NODE_ENABLED_INSTRUMENTATIONS)');
  if (!tracesElsewhere)
    warnUnknown(disabled, known, 'instrumentation.disabled (OTEL_NODE_DISABLED_INSTRUMENTATIONS)');

  const taken = new Set<string | undefined>([
    ...given.map(({ instrumentationName }) => shortName(instrumentationName)),
    ...disabled,
  ]);
  const chosen = candidates.filter(({ name, optIn }) => {
    const isWanted = !taken.has(name) && (enabled?.includes(name) ?? !optIn);
    taken.add(name);
    return isWanted;
  });
  if (given.length > 0 || chosen.some((candidate) => !own.includes(candidate))) {
    guarded('modules with other copies of import-in-the-middle', redirectToOwnIitm);
  }
  return [...chosen.flatMap(create), ...given];
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
