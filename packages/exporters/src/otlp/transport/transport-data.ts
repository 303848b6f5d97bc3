import type { GrpcRoute } from './grpc-route.ts';
import type { OtlpEncoding } from '../options.ts';
import type { OtlpSignal } from '../signal.ts';
import type { GrpcSettings, OtlpSettings } from './settings.ts';

/** Data from which another thread creates the same transport. */
export type TransportData =
  | {
      readonly type: 'http';
      readonly url: string;
      readonly settings: Omit<OtlpSettings, 'url'>;
      readonly encoding: OtlpEncoding;
      readonly agentOptions: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'grpc';
      readonly signal: OtlpSignal;
      readonly settings: GrpcSettings;
      readonly route: GrpcRoute;
    };
