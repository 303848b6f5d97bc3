import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { version } from '../version.ts';
import { bridgeName, type BridgeOptions } from './bridge.ts';
import { bridgePino } from './pino-hook.ts';
import type { PinoSymbols } from './pino-internals.ts';

const supportedVersions = ['>=7 <11'];

/** Brings what the application writes with pino to the Logs API, from pino's own data and not from its lines. */
export class PinoBridge extends InstrumentationBase {
  readonly #options: BridgeOptions;

  constructor(options: BridgeOptions) {
    super(bridgeName('pino'), version, {});
    this.#options = options;
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    // Of several copies of pino each loads its symbols just before what it makes loggers from.
    let symbols: Partial<PinoSymbols> = {};
    const onFile = (name: string, look: (exports: unknown) => void): InstrumentationNodeModuleFile =>
      new InstrumentationNodeModuleFile(
        `pino/lib/${name}.js`,
        supportedVersions,
        (exports: unknown) => {
          look(exports);
          return exports;
        },
        () => {},
      );
    return new InstrumentationNodeModuleDefinition('pino', supportedVersions, undefined, undefined, [
      onFile('symbols', (exports) => {
        symbols = exports as PinoSymbols;
      }),
      onFile('proto', (makeLogger) => bridgePino(makeLogger as () => object, symbols, this.#options)),
    ]);
  }
}
