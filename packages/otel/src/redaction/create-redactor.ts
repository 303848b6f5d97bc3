import type { Config } from '../config/settings.ts';
import { Redactor } from './redactor.ts';
import { SensitiveKeys } from './sensitive-keys.ts';

/** What takes secrets out of telemetry as the configuration wants it; undefined when nothing does. */
export function createRedactor(config: Config): Redactor | undefined {
  if (config.redact === false) return undefined;
  return new Redactor(new SensitiveKeys(config['redact.keys'], config['redact.except']), {
    messages: config['redact.messages'],
  });
}
