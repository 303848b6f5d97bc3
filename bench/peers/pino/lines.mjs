import pino from 'pino';

import { run } from '../../console/subject.ts';

const isAsync = process.argv[2] === 'async';
const destination = pino.destination({ dest: 1, sync: !isAsync, minLength: isAsync ? 4096 : 0 });
const logger = pino({ name: 'bench' }, destination);
await run(
  (message, attributes) => logger.info(attributes, message),
  () => new Promise((resolve) => destination.flush(resolve)),
);
