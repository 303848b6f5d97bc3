import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { version } from '../version.ts';
import { bridgeName, type BridgeOptions } from './bridge.ts';
import { bridgeWinston } from './winston-logger.ts';

const supportedVersions = ['>=3 <4'];

/** Brings what the application writes with winston to the Logs API, as the logger's format leaves it. */
export class WinstonBridge extends InstrumentationBase {
  readonly #options: BridgeOptions;

  constructor(options: BridgeOptions) {
    super(bridgeName('winston'), version, {});
    this.#options = options;
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    const file = new InstrumentationNodeModuleFile(
      'winston/lib/winston/logger.js',
      supportedVersions,
      (Logger: { prototype: object }) => {
        bridgeWinston(Logger, this.#options);
        return Logger;
      },
      () => {},
    );
    return new InstrumentationNodeModuleDefinition('winston', supportedVersions, undefined, undefined, [
      file,
    ]);
  }
}
