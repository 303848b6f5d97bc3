import { basename } from 'node:path';
import {
  defaultResource,
  detectResources,
  hostDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import {
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_TELEMETRY_DISTRO_NAME,
  ATTR_TELEMETRY_DISTRO_VERSION,
} from '@opentelemetry/semantic-conventions';
import { applicationPackage } from '../config/package-json.ts';
import type { RedactConfig, ResourceConfig } from '../config/config.ts';
import { resourceAttributesFromEnvironment } from '../config/sdk-environment.ts';
import { createRedactor } from '../redaction/create-redactor.ts';
import { containerAttributes } from './container-detector.ts';
import {
  ATTR_PROCESS_EXECUTABLE_NAME,
  ATTR_PROCESS_PID,
  ATTR_PROCESS_RUNTIME_NAME,
  ATTR_PROCESS_RUNTIME_VERSION,
} from '../semconv.ts';
import { version } from '../version.ts';

/** Returns the attributes of this process, without arguments, owner and command line, which may contain secrets. */
function processAttributes(): Record<string, string | number> {
  return {
    [ATTR_PROCESS_PID]: process.pid,
    [ATTR_PROCESS_EXECUTABLE_NAME]: basename(process.execPath),
    [ATTR_PROCESS_RUNTIME_NAME]: 'nodejs',
    [ATTR_PROCESS_RUNTIME_VERSION]: process.versions.node,
  };
}

/**
 * Creates the resource from detectors, the nearest package.json, the environment and the options. Later sources take
 * precedence.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function createResource(config: ResourceConfig, redact: RedactConfig): Resource {
  const { name, version: packageVersion } = applicationPackage()?.manifest ?? {};
  const fromPackage: Record<string, string> = {};
  if (typeof name === 'string' && name !== '') fromPackage[ATTR_SERVICE_NAME] = name;
  if (typeof packageVersion === 'string') fromPackage[ATTR_SERVICE_VERSION] = packageVersion;

  const fromOptions: Record<string, string | number | boolean> = { ...config.resource };
  if (config.serviceName !== undefined) fromOptions[ATTR_SERVICE_NAME] = config.serviceName;
  if (config.serviceVersion !== undefined) fromOptions[ATTR_SERVICE_VERSION] = config.serviceVersion;

  const redactor = createRedactor(redact);
  const redactAll = <A extends object>(attributes: A): A => redactor?.attributes(attributes) ?? attributes;
  return defaultResource()
    .merge(
      resourceFromAttributes({
        [ATTR_TELEMETRY_DISTRO_NAME]: 'sonde',
        [ATTR_TELEMETRY_DISTRO_VERSION]: version,
      }),
    )
    .merge(detectResources({ detectors: [hostDetector, serviceInstanceIdDetector] }))
    .merge(resourceFromAttributes({ ...processAttributes(), ...containerAttributes() }))
    .merge(resourceFromAttributes(fromPackage))
    .merge(resourceFromAttributes(redactAll(resourceAttributesFromEnvironment())))
    .merge(resourceFromAttributes(redactAll(fromOptions)));
}
