import dns from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';

/** How this thread connects, set by flags, by `NODE_OPTIONS` or by the application; other threads do not inherit it. */
export interface ConnectionSettings {
  readonly resultOrder: ReturnType<typeof dns.getDefaultResultOrder>;
  readonly autoSelectFamily: boolean;
  readonly autoSelectFamilyTimeoutMs: number;
  readonly tlsDefaults: Pick<
    typeof tls,
    'DEFAULT_CIPHERS' | 'DEFAULT_ECDH_CURVE' | 'DEFAULT_MAX_VERSION' | 'DEFAULT_MIN_VERSION'
  >;
}

/** The settings of this thread. */
export function connectionSettings(): ConnectionSettings {
  const { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION } = tls;
  return {
    resultOrder: dns.getDefaultResultOrder(),
    autoSelectFamily: net.getDefaultAutoSelectFamily(),
    autoSelectFamilyTimeoutMs: net.getDefaultAutoSelectFamilyAttemptTimeout(),
    tlsDefaults: { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION },
  };
}

/** Makes this thread connect as another one does. */
export function applyConnectionSettings(settings: ConnectionSettings): void {
  dns.setDefaultResultOrder(settings.resultOrder);
  net.setDefaultAutoSelectFamily(settings.autoSelectFamily);
  net.setDefaultAutoSelectFamilyAttemptTimeout(settings.autoSelectFamilyTimeoutMs);
  Object.assign(tls, settings.tlsDefaults);
}
