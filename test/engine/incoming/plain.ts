// Servers of node:http and node:https that handle requests in many ways; each prints its progress.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { propagation, trace } from '@opentelemetry/api';

/** Creates a span, whose parent identifies the context. */
export function note(name: string): void {
  trace.getTracer('app').startSpan(name).end();
}

const never = (): void => note('never');

type Behavior = (request: IncomingMessage, response: ServerResponse) => unknown;

const once = (name: string): (() => void) => {
  let isDone = false;
  return () => {
    if (!isDone) note(name);
    isDone = true;
  };
};

const behaviors: Readonly<Record<string, Behavior>> = {
  '/ok': (_request, response) => {
    note('handler');
    response.end('ok');
  },
  '/baggage': (_request, response) => {
    response.end(propagation.getActiveBaggage()?.getEntry('tenant')?.value);
  },
  '/missing': (_request, response) => response.writeHead(404).end(),
  '/fails': (_request, response) => response.writeHead(503).end(),
  '/body': (request, response) => {
    request.on('data', once('data'));
    request.once('end', () => {
      note('end');
      response.end('read');
    });
  },
  '/readable': (request, response) => {
    request.on('readable', () => {
      while (request.read() !== null) once('read')();
    });
    request.addListener('end', () => response.end('read'));
  },
  '/iterate': async (request, response) => {
    for await (const chunk of request) note(`chunk of ${String(chunk)}`);
    note('iterated');
    response.end('read');
  },
  '/removed': (request, response) => {
    request.on('end', never).off('end', never);
    request.resume().on('end', () => {
      note(String(request.listeners('end').includes(never)));
      response.end('read');
    });
  },
  '/later': async (_request, response) => {
    await delay(1);
    note('timer');
    setImmediate(() => {
      note('immediate');
      response.end('later');
    });
  },
  '/listeners': (request, response) => {
    request.prependListener('close', () => note('request close'));
    response.on('finish', () => note('finish'));
    response.prependOnceListener('close', () => note('response close'));
    response.end('heard');
  },
  '/stream': async (_request, response) => {
    for (const part of ['a', 'b', 'c']) {
      response.write(part);
      await delay(1);
    }
    note('streamed');
    response.end();
  },
  '/drain': (_request, response) => {
    response.once('drain', () => {
      note('drain');
      response.end();
    });
    while (response.write('x'.repeat(65_536)));
  },
  '/nested': (_request, response) => {
    trace.getTracer('app').startActiveSpan('outer', (span) => {
      response.on('finish', () => note('finish below outer'));
      setImmediate(() => {
        note('inner');
        span.end();
        response.end();
      });
    });
  },
  '/throws': () => {
    throw new RangeError('thrown by the listener');
  },
  '/handed-over': (request, response) => response.end(request.url),
  // Cases that upstream does not record correctly.
  '/hangs': () => {},
  '/uploads': (request) => request.resume(),
  '/destroys': (_request, response) => response.destroy(),
  '/destroys-with': (_request, response) => response.destroy(new TypeError('destroyed')),
  '/cuts': (request, response) => {
    response.write('half', () => request.socket.destroy());
  },
  '/fails-streaming': (_request, response) => {
    response.write('half', () => response.destroy(new SyntaxError('half way')));
  },
  '/endless': (_request, response) => {
    const write = (): void => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', write);
    write();
  },
};

export const plain: RequestListener = (request, response) => {
  const path = request.url?.split('?', 1)[0] ?? '';
  console.log(`reached ${path}`);
  response.on('close', () => console.log(`closed ${path}`));
  const behave = behaviors[path] ?? behaviors['/handed-over'];
  void behave?.(request, response);
};
