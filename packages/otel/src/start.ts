import { isMainThread } from 'node:worker_threads';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Resource } from '@opentelemetry/resources';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import { withDevelopmentOverrides, withoutSignals } from './config/overrides.ts';
import { misspelledVariables, resolve } from './config/resolve.ts';
import type { Config, LogsConfig } from './config/config.ts';
import { handleBeforeExit } from './shutdown/before-exit.ts';
import { recordCrash } from './shutdown/crash.ts';
import { handleExit, sendPending } from './shutdown/exit-flush.ts';
import type { ExitHandle } from './shutdown/exit-handle.ts';
import { UnendedSpans } from './shutdown/unended-spans.ts';
import { handleSignals } from './shutdown/signals.ts';
import { hookBundle } from './instrumentation/bundle-hook.ts';
import type { BundledSettings } from './instrumentation/bundled.ts';
import { guarded } from './instrumentation/guarded.ts';
import { createInstrumentations } from './instrumentation/instrumentations.ts';
import { flushAfterHandlers } from './instrumentation/lambda-flush.ts';
import { loadedPackages } from './instrumentation/loaded-packages.ts';
import { hookModules } from './instrumentation/module-hooks.ts';
import { bridgeOlderLogsApi } from './instrumentation/api-logs-bridge.ts';
import { isPackageManager } from './instrumentation/package-manager.ts';
import { guardPatches } from './instrumentation/patch-guard.ts';
import { type UnseenLibraries, verifyInstrumentation } from './instrumentation/self-check.ts';
import { ChannelInstrumentation } from './instrumentation/channels/channel-instrumentation.ts';
import { captureConsole } from './bridges/console.ts';
import { parseSeverity } from './api/level.ts';
import { setSeverities } from './api/logger-state.ts';
import { recordWarnings } from './bridges/process-warnings.ts';
import type { SondeOptions } from './options.ts';
import { ActivityTracker } from './pipeline/activity-tracker.ts';
import { type ExitRequest, WorkerQueue } from '@sonde/exporters';
import { createLogPipeline } from './pipeline/logs.ts';
import { startMetrics } from './pipeline/metrics.ts';
import {
  isRegistered,
  registeredSignals,
  rememberRegistrations,
  warnAlreadyRegistered,
  type Signal,
  signals,
  watchRegistrations,
} from './pipeline/other-sdk.ts';
import { createOtlpDelivery } from './pipeline/otlp.ts';
import { suppressed } from '@sonde/sdk';
import { registerContextManager, registerProviders } from './pipeline/providers.ts';
import { createResource } from './pipeline/resource.ts';
import { describeDestinations } from './pipeline/destinations.ts';
import { isNodeSupported } from './node-version.ts';
import { createTracePipeline } from './pipeline/traces.ts';
import { reportLosses } from './diagnostics/delivery-stats.ts';
import { warnOnce } from './diagnostics/notice.ts';
import { createQueryRedactor } from './redaction/create-redactor.ts';
import { reportStart } from './diagnostics/start-up-line.ts';
import { Pipeline, type Sonde } from './sonde.ts';
import { startFromFile } from './start-from-file.ts';
import { state } from './state.ts';

/** The handle where nothing is started: disabled, in a worker thread, or in a package manager. */
const createInertHandle = (): Sonde => new Pipeline([], 0);

function applyLevels({ level, levels }: LogsConfig): void {
  const byName = Object.entries(levels ?? {});
  setSeverities(
    parseSeverity(level) ?? 0,
    new Map(byName.map(([name, ownLevel]) => [name, parseSeverity(ownLevel) ?? 0])),
  );
}

/**
 * Starts the OpenTelemetry pipeline for logs, traces and metrics. Call it before the application is loaded, with
 * `node --require ./instrument app.js`. A second call warns and returns the handle of the first. After `shutdown()` it
 * starts a new pipeline, with the instrumentations of the first call; on the engine `standard`, and with a configuration
 * file, it warns instead.
 *
 * @throws {SondeConfigError} if options are invalid; one error lists all faults
 * @example
 * ```ts
 * import { start } from '@sonde/otel';
 *
 * start({ serviceName: 'shop', metrics: { prometheus: { port: 9464 } } });
 * ```
 */
export function start(options: SondeOptions = {}): Sonde {
  if (!isNodeSupported()) return createInertHandle();
  const resolved = resolve(options);
  const config = withDevelopmentOverrides(resolved.config);
  if (state.sonde !== undefined) {
    if (!isEnded(state.sonde)) {
      warnOnce('SONDE_STARTED_TWICE', 'start', 'start() was already called; ignoring this call');
      return state.sonde;
    }
    if (!state.restart.isRestartable || config.configFile !== undefined) {
      const reason = "only the engine 'lean' can be started again, and only without a configuration file";
      const remedy = 'call flush() where the process goes on, and shutdown() only at its end';
      warnOnce(
        'SONDE_STARTED_AFTER_SHUTDOWN',
        'start',
        `ignoring start() after shutdown(): ${reason}; ${remedy}`,
      );
      return state.sonde;
    }
    state.sonde.release();
  }
  if (config.disabled || !isMainThread || isPackageManager()) return createInertHandle();
  for (const { variable, message } of resolved.faults)
    warnOnce('SONDE_ENVIRONMENT_INVALID', variable, message);
  for (const { variable, message } of misspelledVariables()) {
    warnOnce('SONDE_ENVIRONMENT_INVALID', variable, message);
  }
  state.sonde = startPipeline(config);
  return state.sonde;
}

function bundledSettings({
  configFile,
  engine,
  instrumentation,
  logs,
  metrics,
  redact,
}: Config): BundledSettings {
  return {
    ignorePaths: instrumentation.ignorePaths,
    redactQuery: createQueryRedactor(redact),
    // A configuration file starts upstream's SDK, whatever the engine.
    usesUpstreamHttpServer: engine !== 'lean' || configFile !== undefined,
    runtimeMetrics: { runtime: metrics.runtime, process: metrics.process },
    bridges: { capture: logs.captureLoggers && logs.exporter !== 'none', traceIds: logs.traceIds },
  };
}

/** Whether `shutdown()` was called. The handle may come from another copy of this package. */
function isEnded(sonde: Sonde): sonde is Pipeline {
  return 'isShutDown' in sonde && sonde.isShutDown === true;
}

/** Returns undefined if the application chooses its instrumentations itself, or another SDK traces. */
function unseenLibraries(
  { instrumentation: { disabled, discover, enabled }, traces }: Config,
  instrumentations: readonly Instrumentation[],
  others: ReadonlySet<Signal>,
): UnseenLibraries | undefined {
  const isChosen = !discover || enabled !== undefined;
  if (isChosen || others.has('traces') || traces.exporter === 'none') return undefined;
  const readers = instrumentations.filter((each) => each instanceof ChannelInstrumentation);
  return {
    disabled,
    isCovered: (packageName, version) => readers.some((reader) => reader.covers(packageName, version)),
  };
}

/** Creates and registers the instrumentations that no earlier start has put in place. */
function startInstrumentations(config: Config, others: ReadonlySet<Signal>): readonly Instrumentation[] {
  const loadedBefore = loadedPackages();
  const instrumentations = createInstrumentations(
    config.instrumentations ?? [],
    config.instrumentation,
    bundledSettings(config),
    others.has('traces'),
  );
  state.restart.instrumentations.push(...instrumentations);
  const targets = guardPatches(instrumentations);
  hookModules(instrumentations);
  hookBundle(instrumentations);
  verifyInstrumentation(targets, loadedBefore, unseenLibraries(config, instrumentations, others));
  guarded('loggers of @opentelemetry/api-logs', bridgeOlderLogsApi);
  return instrumentations;
}

function startPipeline(requested: Config): Sonde {
  const others = registeredSignals();
  for (const signal of others) warnAlreadyRegistered(signal);
  const config = withoutSignals(requested, others);
  // A configuration file cannot be started in part.
  const isInert = others.size === signals.length || (others.size > 0 && config.configFile !== undefined);
  if (isInert) return createInertHandle();
  applyLevels(config.logs);
  // Before anything of Sonde reads files or connects. A configuration file registers upstream's.
  if (config.configFile === undefined && !others.has('traces')) registerContextManager();
  const resource = suppressed(() => createResource(config, config.redact));
  const instrumentations = startInstrumentations(config, others);
  state.restart.isRestartable = config.engine === 'lean' && config.configFile === undefined;
  if (config.configFile !== undefined) return startFromFile(config.configFile, config, instrumentations);

  const measuredBefore = isRegistered('metrics');
  const delivery = createOtlpDelivery(config.otlp);
  const metrics = startMetrics(config.metrics, {
    engine: config.engine,
    resource,
    redact: config.redact,
    delivery,
  });
  const activity = new ActivityTracker();
  const openSpans = new UnendedSpans();
  state.openSpans = openSpans;
  const spans = createTracePipeline(config.traces, config.redact, [activity, openSpans], delivery);
  const records = createLogPipeline(config.logs, config.redact, [activity], delivery);
  registerProviders({
    engine: config.engine,
    resource,
    // Instrumentations that were started while nothing was measured have a meter that records nothing.
    instrumentations: measuredBefore ? instrumentations : state.restart.instrumentations,
    spanProcessors: spans.processors,
    logRecordProcessors: records.processors,
    sampler: spans.sampler,
    propagators: config.propagators,
  });

  rememberRegistrations(others);

  const exitHandles: readonly ExitHandle[] = [spans, records, metrics];
  const drain = (budgetMs: number): readonly ExitRequest[] => {
    const { queue } = delivery;
    const worker = queue instanceof WorkerQueue ? queue : undefined;
    worker?.disableThreadStart();
    // Metrics that were flushed already would be exported twice.
    const dirty = activity.consumeDirty() ? exitHandles : [spans, records];
    for (const handle of dirty) handle.drain();
    worker?.finishSync(budgetMs);
    return queue.drain();
  };
  const pipeline = new Pipeline(
    [...spans.processors, ...records.processors, metrics.provider],
    config.exit.timeoutMs,
    {
      beginExit: (budgetMs) => delivery.queue.beginExit(budgetMs),
      cancelExit: () => delivery.queue.cancelExit(),
      endFlushes: () => delivery.queue.endFlushes(),
      onTimeout: () => {
        sendPending(drain(0), 0);
        delivery.queue.closeSync();
      },
      release: () => ends.forEach((end) => end()),
      metricsHandler: metrics.prometheus?.handler,
      abort: () => {
        delivery.queue.abort();
        return exitHandles.map((handle) => handle.abort()).every(Boolean);
      },
    },
  );
  flushAfterHandlers(state.restart.instrumentations, pipeline);
  const capture = config.logs.captureConsole;
  const ends = [
    handleSignals(pipeline, () => openSpans.endAll()),
    handleBeforeExit(pipeline, () => activity.consumeDirty()),
    ...(others.has('logs') ? [] : [recordCrash()]),
    ...(config.logs.captureWarnings ? [recordWarnings()] : []),
    ...(capture === false ? [] : [captureConsole(capture === 'replace')]),
    handleExit(
      () => {
        openSpans.endAll();
        return drain(pipeline.exitTimeoutMs);
      },
      () => pipeline.exitTimeoutMs,
      () => delivery.queue.closeSync(),
    ),
    reportLosses,
    watchRegistrations(),
  ];
  void reportStart(serviceName(resource), describeDestinations(config, metrics.prometheus));
  return pipeline;
}

/** Reads the raw attributes: `attributes` warns while others are still being detected. */
function serviceName(resource: Resource): string {
  const [, name] = resource.getRawAttributes().find(([key]) => key === ATTR_SERVICE_NAME) ?? [];
  return String(name);
}
