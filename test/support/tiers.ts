import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CollectorConfig, type CollectorPlaces, collectorPlaces, startCollector } from './collector.ts';
import type { Program } from './program.ts';

/** A host name that only the Collectors of a test resolve, which replaces the DNS of a container network. */
class HostName {
  readonly name = 'tier2';
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'hosts');
  }

  /** A command under which a program takes this name, and no other, from the file. */
  get wrapper(): readonly string[] {
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
    return ['unshare', '--mount', 'sh', '-c', script, this.#file];
  }

  async is(addresses: readonly string[]): Promise<void> {
    const lines = addresses.map((address) => `${address} ${this.name}\n`);
    await writeFile(this.#file, ['127.0.0.1 localhost\n', ...lines].join(''));
  }
}

/** One Collector of the second tier. */
interface Member {
  readonly places: CollectorPlaces;
  program: Program;
}

/** Both tiers of the stack: two real Collectors that receive OTLP and two that receive complete traces. */
export class Tiers implements AsyncDisposable {
  /** OTLP/HTTP endpoints. */
  readonly urls: readonly string[];
  readonly #binary: string;
  readonly #adapt: (config: CollectorConfig) => void;
  readonly #name: HostName;
  readonly #first: readonly Member[];
  readonly #second: Member[];
  readonly #folders: readonly string[];

  private constructor(
    binary: string,
    adapt: (config: CollectorConfig) => void,
    name: HostName,
    first: readonly Member[],
    second: Member[],
    folder: string,
  ) {
    this.#binary = binary;
    this.#adapt = adapt;
    this.#name = name;
    this.#first = first;
    this.#second = second;
    this.#folders = [folder, ...[...first, ...second].map(({ places }) => places.storage)];
    this.urls = first.map(({ places }) => `http://127.0.0.1:${places.otlpPort}`);
  }

  /**
   * Starts all four.
   *
   * @param backEnds where each Collector of the second tier delivers to; the first tier delivers to the first of them
   * @param adapt changes the configuration of the second tier
   */
  static async start(
    binary: string,
    backEnds: readonly [string, string],
    adapt: (config: CollectorConfig) => void,
  ): Promise<Tiers> {
    const folder = await mkdtemp(join(tmpdir(), 'sonde-tiers-'));
    const name = new HostName(folder);
    const second: Member[] = [];
    const { otlpPort } = await collectorPlaces('');
    for (const [index, backEnd] of backEnds.entries()) {
      // One port, as containers have it: their addresses tell them apart.
      const places = { ...(await collectorPlaces(backEnd, `127.0.0.${index + 2}`)), otlpPort };
      second.push({ places, program: await startCollector(binary, places, { file: 'tier2.yaml', adapt }) });
    }
    await name.is(second.map(({ places }) => places.host));

    const first: Member[] = [];
    for (const _ of backEnds) {
      const places = await collectorPlaces(backEnds[0]);
      const program = await startCollector(binary, places, {
        file: 'tier1.yaml',
        wrapper: name.wrapper,
        adapt: ({ exporters }) => {
          const dns = { hostname: name.name, port: String(otlpPort), interval: '1s' };
          Object.assign(exporters['load_balancing'] ?? {}, { resolver: { dns } });
        },
      });
      first.push({ places, program });
    }
    return new Tiers(binary, adapt, name, first, second, folder);
  }

  /** Kills a Collector of the second tier and removes its address from the name. */
  async kill(index: number): Promise<void> {
    const victim = this.#member(index);
    victim.program.kill('SIGKILL');
    await victim.program.ended;
    await this.#name.is(this.#second.filter((other) => other !== victim).map(({ places }) => places.host));
  }

  /** Starts a Collector that was killed, with what it has on its disk. */
  async revive(index: number): Promise<void> {
    const member = this.#member(index);
    const options = { file: 'tier2.yaml', adapt: this.#adapt };
    member.program = await startCollector(this.#binary, member.places, options);
    await this.#name.is(this.#second.map(({ places }) => places.host));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const programs = [...this.#first, ...this.#second].map(({ program }) => program);
    await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
    await Promise.all(this.#folders.map((path) => rm(path, { recursive: true, force: true })));
  }

  #member(index: number): Member {
    const member = this.#second[index];
    if (member === undefined) throw new RangeError(`there is no Collector ${index}`);
    return member;
  }
}
