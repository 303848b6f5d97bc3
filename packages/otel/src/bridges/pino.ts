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

/** Emits log records of pino through the Logs API, from pino's internal data instead of its output. */
export class PinoBridge extends InstrumentationBase {
  readonly #options: BridgeOptions;

  constructor(options: BridgeOptions) {
    super(bridgeName('pino'), version, {});
    this.#options = options;
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    // Each copy of pino loads its symbols right before its logger prototype.
    let symbols: Partial<PinoSymbols> = {};
    const onFile = (name: string, onLoad: (exports: unknown) => void): InstrumentationNodeModuleFile =>
      new InstrumentationNodeModuleFile(
        `pino/lib/${name}.js`,
        supportedVersions,
        (exports: unknown) => {
          onLoad(exports);
          return exports;
        },
        () => {},
      );
    return new InstrumentationNodeModuleDefinition('pino', supportedVersions, undefined, undefined, [
      onFile('symbols', (exports) => {
        symbols = exports as PinoSymbols;
      }),
      onFile('proto', (createLogger) => bridgePino(createLogger as () => object, symbols, this.#options)),
    ]);
  }
}
