import type { RedactConfig } from '../config/config.ts';
import { Redactor } from './redactor.ts';
import { SensitiveKeys } from './sensitive-keys.ts';

/** Creates the redactor of one pipeline; undefined when redaction is disabled. */
export function createRedactor(config: RedactConfig): Redactor | undefined {
  if (!config.isEnabled) return undefined;
  return new Redactor(new SensitiveKeys(config.keys, config.except), { messages: config.messages });
}
