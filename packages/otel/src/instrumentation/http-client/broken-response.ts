import { IncomingMessage } from 'node:http';
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import type {
  HttpInstrumentation,
  HttpResponseCustomAttributeFunction,
} from '@opentelemetry/instrumentation-http';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';

type CloseSpan = (span: Span, kind: unknown, startTime: unknown, metricAttributes: Attributes) => void;

const responses = new WeakMap<Span, IncomingMessage>();

/** Remembers the responses to outgoing requests by their spans. */
export const rememberResponse: HttpResponseCustomAttributeFunction = (span, response) => {
  if (response instanceof IncomingMessage) responses.set(span, response);
};

/** Returns the error with which the connection of a response was lost. An application that cancels its request has none. */
function findLoss(response: IncomingMessage | undefined): Error | undefined {
  if (response === undefined || response.complete) return undefined;
  // Set by `request.destroy()`.
  const isCanceled = Reflect.get(response, '_dumped') === true;
  return isCanceled ? undefined : (response.errored ?? undefined);
}

/**
 * Reports a response whose body breaks off as an error, on the span and on the metric. Upstream's instrumentation ends the span
 * of such a request with the request, before the response has its error.
 *
 * @param instrumentation has {@link rememberResponse} as its `responseHook`
 */
export function reportBrokenResponses(instrumentation: HttpInstrumentation): void {
  const close: unknown = Reflect.get(instrumentation, '_closeHttpSpan');
  if (typeof close !== 'function') return;
  const closeSpan: CloseSpan = function (span, kind, startTime, metricAttributes) {
    const loss = findLoss(responses.get(span));
    if (loss !== undefined) {
      const { code = loss.name } = loss as NodeJS.ErrnoException;
      metricAttributes[ATTR_ERROR_TYPE] = code;
      span.setAttribute(ATTR_ERROR_TYPE, code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: loss.message });
      span.recordException(loss);
    }
    Reflect.apply(close, instrumentation, [span, kind, startTime, metricAttributes]);
  };
  Reflect.set(instrumentation, '_closeHttpSpan', closeSpan);
}
