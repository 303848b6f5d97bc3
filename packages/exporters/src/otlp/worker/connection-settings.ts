import dns from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';

/** The connection settings of a thread from flags, `NODE_OPTIONS` or the application. Other threads do not inherit them. */
export interface ConnectionSettings {
  readonly resultOrder: ReturnType<typeof dns.getDefaultResultOrder>;
  readonly autoSelectFamily: boolean;
  readonly autoSelectFamilyTimeoutMs: number;
  readonly tlsDefaults: Pick<
    typeof tls,
    'DEFAULT_CIPHERS' | 'DEFAULT_ECDH_CURVE' | 'DEFAULT_MAX_VERSION' | 'DEFAULT_MIN_VERSION'
  >;
}

/** Returns the settings of this thread. */
export function connectionSettings(): ConnectionSettings {
  const { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION } = tls;
  return {
    resultOrder: dns.getDefaultResultOrder(),
    autoSelectFamily: net.getDefaultAutoSelectFamily(),
    autoSelectFamilyTimeoutMs: net.getDefaultAutoSelectFamilyAttemptTimeout(),
    tlsDefaults: { DEFAULT_CIPHERS, DEFAULT_ECDH_CURVE, DEFAULT_MAX_VERSION, DEFAULT_MIN_VERSION },
  };
}

/** Applies the settings of another thread to this one. */
export function applyConnectionSettings(settings: ConnectionSettings): void {
  dns.setDefaultResultOrder(settings.resultOrder);
  net.setDefaultAutoSelectFamily(settings.autoSelectFamily);
  net.setDefaultAutoSelectFamilyAttemptTimeout(settings.autoSelectFamilyTimeoutMs);
  Object.assign(tls, settings.tlsDefaults);
}
