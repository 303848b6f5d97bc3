import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { ChannelHook } from './channel-hook.ts';

interface H3Message {
  readonly event: { readonly context?: { readonly matchedRoute?: { readonly route?: string } } };
  readonly error?: unknown;
}

/**
 * Reports routes and errors of h3 and servers of srvx, which publish them if their `tracingPlugin` is registered. Nitro
 * registers it by its option `tracingChannel`.
 */
export const createH3Hook = (): Instrumentation =>
  new ChannelHook('h3', {
    'tracing:h3.request:start': ({ event }: H3Message) => {
      const { route } = event.context?.matchedRoute ?? {};
      if (route !== undefined) setRequestRoute(route);
    },
    'tracing:h3.request:error': ({ error }: H3Message) => setRequestFailure(error),
    'tracing:srvx.request:error': ({ error }: H3Message) => setRequestFailure(error),
  });
