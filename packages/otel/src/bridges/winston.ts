import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { version } from '../version.ts';
import { bridgeName, type BridgeOptions } from './bridge.ts';
import { bridgeWinston } from './winston-logger.ts';

const supportedVersions = ['>=3 <4'];

/** Emits log records of winston through the Logs API, after the logger's format. */
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
