/** The packages that a process has loaded, as its preload reported them last. */
export interface LoadedPackages {
  readonly pid: number;
  readonly packages: readonly { readonly name: string; readonly version: string | null }[];
  /** The packages of instrumentations among the loaded ones. */
  readonly instrumentations: readonly string[];
  /** The short names of the instrumentations that Sonde has started: its own, and those of packages. */
  readonly builtIn: readonly string[];
}

const maxProcesses = 200;
const maxPackages = 1000;
const maxLength = 214;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= maxLength;

/** The packages that processes under `sonde dev` have loaded, by process id. */
export class LoadedPackagesByProcess {
  readonly #byPid = new Map<number, LoadedPackages>();

  /** Takes the report of a process, which replaces its last one. @throws {SyntaxError} for a body that is no JSON */
  receive(body: Uint8Array): void {
    const report = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
    const { pid, packages, instrumentations, builtIn } = report;
    if (typeof pid !== 'number' || !Array.isArray(packages) || !Array.isArray(instrumentations)) return;
    const known = packages
      .filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
      .flatMap(({ name, version }) =>
        isText(name) ? [{ name, version: isText(version) ? version : null }] : [],
      );
    this.#byPid.delete(pid);
    this.#byPid.set(pid, {
      pid,
      packages: known.slice(0, maxPackages),
      instrumentations: instrumentations.filter(isText).slice(0, maxPackages),
      builtIn: Array.isArray(builtIn) ? builtIn.filter(isText).slice(0, maxPackages) : [],
    });
    const [oldest] = this.#byPid.keys();
    if (this.#byPid.size > maxProcesses && oldest !== undefined) this.#byPid.delete(oldest);
  }

  all(): LoadedPackages[] {
    return [...this.#byPid.values()];
  }
}
