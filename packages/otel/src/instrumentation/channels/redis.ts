import { type Attributes, type Context, SpanKind, trace } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_BATCH_SIZE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
} from '@opentelemetry/semantic-conventions';
import type { ChannelMessage, ChannelSpans, OperationSpan } from './channel-subscriber.ts';
import { describeDatabaseFailure } from './failure.ts';
import { serverAttributes, type ServerOfMessage } from './server-attributes.ts';

/** Messages of ioredis 5.11, redis 5.12 and newer. */
interface RedisMessage extends ChannelMessage, ServerOfMessage {
  readonly database?: number | string | undefined;
}

interface CommandMessage extends RedisMessage {
  readonly command: string;
  /** Arguments; those of the `redis` package begin with the command. */
  readonly args: readonly unknown[];
}

interface BatchMessage extends RedisMessage {
  readonly batchMode: string;
  readonly batchSize: number;
}

/** Commands that clients send while they connect. */
const housekeeping: ReadonlySet<string> = new Set(['AUTH', 'CLIENT', 'HELLO', 'INFO', 'READONLY', 'SELECT']);

/** ioredis reports a transaction as a batch too. */
const beginsTransaction = 'MULTI';

/** Commands whose first argument is the name of a key. All arguments of other commands are hidden. */
const keyed =
  /^(?:APPEND|BIT|BL|BR|BZ|DECR|DEL$|DUMP|EXISTS|EXPIRE|GEO|GET|H(?!ELLO)|INCR|JSON\.|L(?:INDEX|INSERT|LEN|MOVE|MPOP|POS|PUSH|PUSHX|RANGE|REM|SET|TRIM|POP)|M?GET|MSET|P(?:ERSIST|EXPIRE|FADD|FCOUNT|SETEX|TTL)|RENAME|RESTORE|RP|S(?:ADD|CARD|DIFF|ET|INTER|ISMEMBER|MEMBERS|MISMEMBER|MOVE|POP|RANDMEMBER|REM|SCAN|TRLEN|UNION)|SUBSTR|TOUCH|TS\.|TTL|TYPE|UNLINK|X(?!GROUP|INFO)|Z)/;

const maxArguments = 16;
const maxKeyLength = 256;

/**
 * Returns a command in the syntax of `redis-cli`, with the key and without values: `HSET user:1 ? ?`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/redis/
 */
export function commandText(command: string, args: readonly unknown[]): string {
  const shown = args.slice(0, maxArguments).map((argument, index) => {
    if (index > 0 || !keyed.test(command)) return '?';
    return String(argument).slice(0, maxKeyLength);
  });
  return [command, ...shown].join(' ');
}

function commonAttributes(operation: string, message: RedisMessage): Attributes {
  const { database } = message;
  return {
    [ATTR_DB_SYSTEM_NAME]: 'redis',
    [ATTR_DB_NAMESPACE]: String(database ?? 0),
    [ATTR_DB_OPERATION_NAME]: operation,
    ...serverAttributes(message),
  };
}

function describeCommand(
  message: CommandMessage,
  parent: Context,
  skipped: number,
): OperationSpan | undefined {
  const command = message.command.toUpperCase();
  // Connections that are made in no request are no work of the application.
  if (housekeeping.has(command) && trace.getSpan(parent) === undefined) return undefined;
  if (command === beginsTransaction) return undefined;
  return {
    name: `${command} ${message.database ?? 0}`,
    kind: SpanKind.CLIENT,
    attributes: commonAttributes(command, message),
    details: { [ATTR_DB_QUERY_TEXT]: commandText(command, message.args.slice(skipped)) },
  };
}

function describeBatch(message: BatchMessage): OperationSpan {
  const operation = message.batchMode.toUpperCase();
  const size = message.batchSize;
  return {
    name: `${operation} ${message.database ?? 0}`,
    kind: SpanKind.CLIENT,
    attributes: commonAttributes(operation, message),
    ...(size > 1 ? { details: { [ATTR_DB_OPERATION_BATCH_SIZE]: size } } : {}),
  };
}

function redisChannels(prefix: string, skipped: number): readonly ChannelSpans<never>[] {
  const command: ChannelSpans<CommandMessage> = {
    channel: `${prefix}:command`,
    describe: (message, parent) => describeCommand(message, parent, skipped),
    outcome: redisOutcome,
  };
  const batch: ChannelSpans<BatchMessage> = {
    channel: `${prefix}:batch`,
    describe: describeBatch,
    outcome: redisOutcome,
  };
  return [command, batch];
}

/** The first word of an error of the server: `WRONGTYPE Operation against a key …`. */
const replyCode = /^([A-Z][A-Z0-9_]{1,40}) /;

function redisOutcome({ error }: ChannelMessage): Attributes | undefined {
  const message = error instanceof Error ? error.message : '';
  const code = replyCode.exec(message)?.[1];
  return describeDatabaseFailure({ error: code === undefined ? error : { code } });
}

type RedisChannels = readonly ChannelSpans<never>[];

export const ioredis: RedisChannels = redisChannels('ioredis', 0);
export const nodeRedis: RedisChannels = redisChannels('node-redis', 1);
