// The members of the API's enums that the router uses: the specification fixes their numbers, and they need no import.
// oxlint-disable typescript/no-unsafe-enum-assignment -- a test compares them with the API's
import type { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api';

export const SEVERITY_ERROR = 17 as SeverityNumber.ERROR;
export const SPAN_KIND_SERVER = 1 as SpanKind.SERVER;
export const SPAN_STATUS_ERROR = 2 as SpanStatusCode.ERROR;
