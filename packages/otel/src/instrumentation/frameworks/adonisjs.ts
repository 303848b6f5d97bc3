import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { ChannelHook } from './channel-hook.ts';

interface AdonisMessage {
  readonly route?: { readonly pattern?: string };
  readonly error?: unknown;
}

const onError = ({ error }: AdonisMessage): void => setRequestFailure(error);

/** Reports routes and errors of AdonisJS, which publishes the handlers and middleware of a request on tracing channels. */
export const createAdonisHook = (): Instrumentation =>
  new ChannelHook('adonisjs', {
    'tracing:adonisjs.http.route.handler:start': ({ route }: AdonisMessage) => {
      if (route?.pattern !== undefined) setRequestRoute(route.pattern);
    },
    'tracing:adonisjs.http.route.handler:error': onError,
    'tracing:adonisjs.http.middleware:error': onError,
  });
