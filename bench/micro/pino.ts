// The same record with pino, to a stream that discards it.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { peerFolder } from '../peer.ts';
import { measure, report } from './report.ts';

type Pino = (options: object, stream: Writable) => { info(attributes: object, message: string): void };
const pino = createRequire(join(peerFolder('pino'), 'package.json'))('pino') as Pino;
let lines = 0;
const nowhere = new Writable({
  write: (_line, _encoding, done) => {
    lines++;
    done();
  },
});
const logger = pino({ base: null }, nowhere);
const attributes = (): object => ({ 'user.id': '42', 'http.route': '/users/:id', cached: true });
const emit = (): void => logger.info(attributes(), 'Looking up a user');
report(measure({ 'logger.emit, 3 attributes': emit }), () => lines);
