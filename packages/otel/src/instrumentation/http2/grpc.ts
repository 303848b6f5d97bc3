import { grpcStatusNames } from '@sonde/sdk';

/** The codes that are errors of a server. @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/ */
const serverErrors: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** Methods of the OTLP protocol: telemetry is not traced. */
const otlpMethods = '/opentelemetry.proto.collector.';

/** Whether a request is a call of gRPC, by its content type. */
export const isGrpc = (contentType: unknown): boolean =>
  typeof contentType === 'string' && /^application\/grpc(?:$|[+;])/.test(contentType);

/** Whether a path is that of a method that receives telemetry. */
export const isOtlp = (path: string): boolean => path.startsWith(otlpMethods);

/** Returns `rpc.method` of the path of a call: `package.Service/Method`. */
export const grpcMethod = (path: string): string => path.replace(/^\//, '');

/** Returns `rpc.status_code`; undefined if the code is not one of gRPC. */
export const grpcStatus = (code: unknown): string | undefined =>
  typeof code === 'number' || typeof code === 'string' ? grpcStatusNames[Number(code)] : undefined;

/** Whether a call with this status has failed on the side of the server. */
export const isServerError = (status: string): boolean => serverErrors.has(status);

let traced = false;

/** Whether calls of gRPC are recorded. Another instrumentation may do so instead. */
export const isGrpcTraced = (): boolean => traced;

/** Sets {@link isGrpcTraced}. */
export function traceGrpc(enabled: boolean): void {
  traced = enabled;
}
