/** Receives the exports of a module of a bundle, and returns those to use in their place. */
export type BundleHook = (exports: unknown, packageName: string, version: string, file: string) => unknown;

/** State that the modules marked by a bundler plug-in share with every copy of Sonde. */
export interface BundleRegistry {
  /** The versions of the marked packages that were loaded, by name. */
  readonly packages: Record<string, string>;
  /** Undefined until Sonde starts. */
  hook?: BundleHook | undefined;
}

/** The key of the registry in the registry of symbols. Bundles contain it: it never changes. */
export const registryKey = '@sonde/otel bundle';

/** Returns the registry of the process, which the first marked module or `start()` creates. */
export const bundleRegistry = (): BundleRegistry => {
  const holder = globalThis as { [key: symbol]: BundleRegistry | undefined };
  return (holder[Symbol.for(registryKey)] ??= { packages: {} });
};
