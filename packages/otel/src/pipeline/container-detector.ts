import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { environmentText } from '../config/environment.ts';
import { ATTR_CONTAINER_ID, ATTR_K8S_NAMESPACE_NAME, ATTR_K8S_POD_NAME } from '../semconv.ts';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const isHex = (text: string): boolean =>
  Array.from(text).every((digit) => '0123456789abcdef'.includes(digit));

/** Returns the container id, 64 hexadecimal digits, from the mounts or control groups of the process. */
function containerId(): string | undefined {
  const words = `${read('/proc/self/cgroup')}\n${read('/proc/self/mountinfo')}`
    .split('\n')
    .filter((line) => line.includes('/containers/') || line.includes('docker') || line.includes('kubepods'))
    .flatMap((line) => line.split(/[/\s.:-]/));
  return words.find((word) => word.length === 64 && isHex(word));
}

/**
 * Returns the attributes of the container and the pod of the process; empty outside a container.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/container/
 */
export function containerAttributes(): Record<string, string> {
  const attributes: Record<string, string> = {};
  const id = containerId();
  if (id !== undefined) attributes[ATTR_CONTAINER_ID] = id;
  if (environmentText('KUBERNETES_SERVICE_HOST') !== undefined) {
    attributes[ATTR_K8S_POD_NAME] = hostname();
    const namespace = read('/var/run/secrets/kubernetes.io/serviceaccount/namespace').trim();
    if (namespace !== '') attributes[ATTR_K8S_NAMESPACE_NAME] = namespace;
  }
  return attributes;
}
