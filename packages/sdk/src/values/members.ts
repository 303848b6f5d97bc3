import { thrownMarker } from './value-text.ts';

/** Copies the members of an object, with a marker for those that throw when they are read. Never throws. */
export function readMembers(holder: object): Record<string, unknown> {
  // Callers without types pass texts, whose members are their characters.
  if (typeof holder !== 'object') return {};
  try {
    return { ...holder };
  } catch {
    return readOneByOne(holder);
  }
}

function readOneByOne(holder: object): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  try {
    for (const key of Object.keys(holder)) setMember(members, key, readMember(holder, key));
  } catch (error) {
    members['...'] = thrownMarker(error);
  }
  return members;
}

function readMember(holder: object, key: string): unknown {
  try {
    return (holder as Record<string, unknown>)[key];
  } catch (error) {
    return thrownMarker(error);
  }
}

/** The maximum length of a name in UTF-16 code units. */
export const maxNameLength: number = 1024;

/** Truncates the name of an attribute or a member. */
export function truncateName(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength)}…`;
}

/** Sets an own member, including one called `__proto__`. */
export function setMember<Value>(holder: Record<string, Value>, key: string, value: Value): void {
  if (key !== '__proto__') holder[key] = value;
  else {
    Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
  }
}
