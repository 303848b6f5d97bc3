import type { GrpcReceiver } from './receiver/grpc-receiver.ts';
import type { HttpReceiver } from './receiver/http-receiver.ts';

/** How the subject ends after its load. Signals are sent by the runner. */
export type SubjectEnding = 'SIGTERM' | 'SIGKILL' | 'process.exit()' | 'crash' | 'normal end';

/** Durations of a row: real ones for the table, short ones for `npm test`. */
export type Scale = 'full' | 'short';

/** Seconds with the receiver up, with the fault, and with the receiver up again. */
export interface Seconds {
  readonly before: number;
  readonly during: number;
  readonly after: number;
}

/** The demands of a row on Sonde. */
type Floor =
  /** Every span, log record and count arrives. */
  | 'nothing is lost'
  /** The fault makes losses inevitable; the exact number is reported. */
  | 'losses are reported'
  /** The process is killed: nothing can be reported. */
  | 'dies silently'
  /** The process is killed: what it has not yet handed to the exporter is lost. */
  | 'a batch is lost';

/** Receiver of a row with its switches, and what the subject needs to reach it. */
export interface Stage extends AsyncDisposable {
  readonly receiver: HttpReceiver | GrpcReceiver;
  /** Added to the environment of the subject. */
  readonly env: Readonly<Record<string, string>>;
  /** Command prefix of the subject. */
  readonly wrapper?: readonly string[];
  /** Whether accepted items reach the receiver some time after they were acknowledged. */
  readonly forwardsLater?: boolean;
  /** Begins the fault. */
  fail(): Promise<void>;
  /** Ends the fault. */
  recover(): Promise<void>;
}

/** One fault: the same program, rates and durations for every column. */
export interface Row {
  readonly title: string;
  /** Creates the receiver, which is up unless the row begins with the fault; undefined if a tool is missing. */
  readonly stage: (scale: Scale, folder: string) => Promise<Stage | undefined>;
  readonly seconds: Readonly<Record<Scale, Seconds>>;
  /** @default 500 spans and 100 log records */
  readonly perSecond?: { readonly spans: number; readonly logs: number };
  /** Size of an additional attribute of each item, in bytes. @default 0 */
  readonly attributeBytes?: number;
  /** Whether the load pauses during the fault. */
  readonly isIdleDuringFault?: boolean;
  /** Whether the subject holds all its file descriptors during the fault. */
  readonly exhaustsDescriptors?: boolean;
  /** @default 'SIGTERM' */
  readonly ending?: SubjectEnding;
  /** Whether the receiver is still faulty at the end. */
  readonly endsFaulty?: boolean;
  /** Environment of the subject. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether items arrive that the receiver did not acknowledge, so that duplicates are inevitable. */
  readonly persistsUnacknowledged?: boolean;
  /** Whether the receiver leaves requests without an answer. */
  readonly runsIntoTimeout?: boolean;
  /** Whether the load needs a core of its own. */
  readonly isHeavy?: boolean;
  readonly floor: Floor;
  /** The demands on Sonde with a spool. @default `floor` */
  readonly spoolFloor?: Floor;
  /** Largest growth of the resident set in MB, for Sonde. */
  readonly maxGrowthMb?: number;
}

/** Spans and log records per second. */
export const rowRate = ({ perSecond }: Row): { readonly spans: number; readonly logs: number } =>
  perSecond ?? { spans: 500, logs: 100 };
