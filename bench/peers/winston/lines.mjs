import winston from 'winston';

import { run } from '../../console/subject.ts';

const logger = winston.createLogger({
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Stream({ stream: process.stdout })],
});
await run(
  (message, attributes) => logger.info(message, { logger: 'bench', ...attributes }),
  () => new Promise((resolve) => process.stdout.write('', resolve)),
);
