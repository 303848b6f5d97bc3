import nodeModule, { syncBuiltinESMExports } from 'node:module';
import type * as Http2 from 'node:http2';
import { promisify } from 'node:util';
import { moduleKind } from '../../config/package-json.ts';
import { FrameworkHook } from '../frameworks/framework-hook.ts';
import { guarded } from '../guarded.ts';
import type { HttpServerInstrumentation } from '../http-server/instrumentation.ts';
import type { Http2ClientInstrumentation } from './client.ts';

type Mutable = { -readonly [Name in keyof typeof Http2]: (typeof Http2)[Name] };

/** Instruments the module once. */
let isPatched = false;

function watchServers(
  module: Mutable,
  name: 'createServer' | 'createSecureServer',
  server: HttpServerInstrumentation,
): void {
  const original = module[name] as (...args: unknown[]) => object;
  let isKnown = false;
  const create = (...args: unknown[]): object => {
    const created = Reflect.apply(original, module, args);
    // The class of the servers is not exported.
    if (!isKnown) {
      isKnown = true;
      const scheme = name === 'createServer' ? 'http' : 'https';
      guarded('http2', () => server.watchHttp2(Object.getPrototypeOf(created), scheme));
    }
    return created;
  };
  module[name] = create as never;
}

function watchClients(module: Mutable, client: Http2ClientInstrumentation): void {
  const original = module.connect as unknown as (...args: unknown[]) => Http2.ClientHttp2Session;
  const watched = (session: Http2.ClientHttp2Session, authority: unknown): Http2.ClientHttp2Session => {
    guarded('http2', () => client.watch(session, authority));
    return session;
  };
  const connect = (...args: unknown[]): Http2.ClientHttp2Session =>
    watched(Reflect.apply(original, module, args), args[0]);
  const promised = promisify<(...args: unknown[]) => Promise<Http2.ClientHttp2Session>>(original as never);
  Object.defineProperty(connect, promisify.custom, {
    value: async (...args: unknown[]) => watched(await promised(...args), args[0]),
  });
  module.connect = connect;
}

/**
 * Instruments `node:http2` when the application loads it, because loading it takes as long as loading `node:http` and three
 * times that.
 */
export class Http2Hook extends FrameworkHook {
  constructor(server: HttpServerInstrumentation, client: Http2ClientInstrumentation) {
    const patch = (exports: unknown): unknown => {
      if (isPatched) return exports;
      isPatched = true;
      const module = exports as Mutable;
      watchServers(module, 'createServer', server);
      watchServers(module, 'createSecureServer', server);
      watchClients(module, client);
      // Updates ES modules that import it.
      syncBuiltinESMExports();
      return exports;
    };
    super('http2', [{ file: 'http2', versions: ['*'], patch }]);
    if (moduleKind() === 'esm') guarded('http2', () => patchOnImport(patch));
  }
}

/** A static import of a module of Node.js is visible to hooks of the resolution alone. */
function patchOnImport(patch: (exports: unknown) => unknown): void {
  const hooks = nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'node:http2' || specifier === 'http2') {
        guarded('http2', () => patch(process.getBuiltinModule('node:http2')));
        hooks.deregister();
      }
      return nextResolve(specifier, context);
    },
  });
}
