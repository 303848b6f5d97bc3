import {
  type Attributes,
  type AttributeValue,
  type Context,
  type Exception,
  INVALID_SPAN_CONTEXT,
  type Link,
  type Span,
  type SpanOptions,
  type SpanStatus,
  type TimeInput,
  trace,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import { isTimeInput } from '@opentelemetry/core';
import type { SpanLimits } from '@opentelemetry/sdk-trace';
import { warnScopeLimit } from '../diagnostics/notice.ts';
import { ScopeLimit } from './scope-limit.ts';
import {
  detailAttributes,
  type DropCounter,
  exceptionEventAttributes,
  type GuardedLimits,
  readableMembers,
  readScope,
  resolveSpanLimits,
  sanitizeLink,
  sanitizeLinks,
  sanitizeValue,
  truncateName,
  truncateText,
} from '@sonde/sdk';

const noLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/**
 * Creates a prototype of spans in front of upstream's. Its methods read hostile values once and within bounds, count the
 * data that cannot be recorded, and never throw.
 */
function createPrototype(upstream: Span, limits: GuardedLimits, dropCounter: DropCounter): object {
  const guard = <This extends Span>(span: This, step: () => void): This => {
    try {
      step();
    } catch {
      dropCounter.countAttributes(1);
    }
    return span;
  };
  const eventLimits = {
    attributeCountLimit: limits.attributePerEventCountLimit,
    attributeValueLengthLimit: limits.attributeValueLengthLimit,
  };
  const methods: ThisType<Span> & Partial<Span> = {
    setAttribute(key: string, value: AttributeValue) {
      return guard(this, () => {
        if (typeof key !== 'string') throw new TypeError('the name of an attribute is no text');
        const sanitized = value === undefined ? value : sanitizeValue(value, limits);
        if (sanitized === undefined && value !== undefined) dropCounter.countAttributes(1);
        else upstream.setAttribute.call(this, truncateName(key), sanitized);
      });
    },
    setAttributes(attributes: Attributes) {
      // A long string would be read character by character.
      if (typeof attributes !== 'object' || attributes === null) return this;
      const { members, unreadCount } = readableMembers(attributes);
      if (unreadCount > 0) dropCounter.countAttributes(unreadCount);
      return guard(this, () => upstream.setAttributes.call(this, members));
    },
    addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput) {
      return guard(this, () => {
        if (isTimeInput(attributesOrTime)) {
          upstream.addEvent.call(this, truncateText(name), attributesOrTime, time);
          return;
        }
        const { sanitized, rejectedCount } = detailAttributes(attributesOrTime, eventLimits, true);
        if (rejectedCount > 0) dropCounter.countAttributes(rejectedCount);
        upstream.addEvent.call(this, truncateText(name), sanitized.attributes, time);
      });
    },
    addLink(link: Link) {
      return guard(this, () => upstream.addLink.call(this, sanitizeLink(link, limits)));
    },
    addLinks(links: Link[]) {
      return guard(this, () => upstream.addLinks.call(this, Array.isArray(links) ? links : []));
    },
    setStatus(status: SpanStatus) {
      return guard(this, () => {
        const { code, message } = status;
        if (typeof code !== 'number') throw new TypeError('a status code that is no number');
        upstream.setStatus.call(
          this,
          message === undefined ? { code } : { code, message: truncateText(message) },
        );
      });
    },
    updateName(name: string) {
      return guard(this, () => upstream.updateName.call(this, truncateText(name)));
    },
    recordException(exception: Exception, time?: TimeInput) {
      guard(this, () => {
        const attributes = exceptionEventAttributes(exception, limits);
        if (attributes !== undefined) this.addEvent('exception', attributes, time);
      });
    },
    end(time?: TimeInput) {
      try {
        upstream.end.call(this, time);
      } catch (error) {
        dropCounter.countItem(error);
      }
    },
  };
  return Object.create(upstream, Object.getOwnPropertyDescriptors(methods)) as object;
}

/** Reads the options of a span once; the returned count is that of attributes that cannot be recorded. */
function readOptions(
  { attributes, links, kind, root, startTime }: SpanOptions,
  limits: GuardedLimits,
): { readonly options: SpanOptions; readonly rejectedCount: number } {
  const { sanitized, rejectedCount } = detailAttributes(attributes, noLimits, false);
  const options: SpanOptions = {
    ...(typeof kind === 'number' ? { kind } : {}),
    ...(root === undefined ? {} : { root }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(sanitized.attributes === undefined ? {} : { attributes: sanitized.attributes }),
    ...(links === undefined ? {} : { links: sanitizeLinks(links, limits) }),
  };
  return { options, rejectedCount };
}

/**
 * Makes the tracers of upstream's provider, and their spans, accept values of every type without throwing. Returns the
 * same provider.
 *
 * @param spanLimits the limits of the provider
 */
export function withGuardedSpans<Provider extends TracerProvider>(
  provider: Provider,
  dropCounter: DropCounter,
  spanLimits?: SpanLimits,
): Provider {
  const limits = resolveSpanLimits(spanLimits, dropCounter);
  const prototypes = new Map<object, object>();
  const guardSpan = (span: Span): Span => {
    if (!span.isRecording()) return span;
    const upstream = Object.getPrototypeOf(span) as Span;
    let prototype = prototypes.get(upstream);
    if (prototype === undefined) {
      prototype = createPrototype(upstream, limits, dropCounter);
      prototypes.set(upstream, prototype);
    }
    return Object.setPrototypeOf(span, prototype) as Span;
  };
  const guardTracer = (tracer: Tracer): Tracer => {
    const startSpan = tracer.startSpan.bind(tracer);
    // Upstream's `startActiveSpan()` calls this method.
    tracer.startSpan = (name: string, given: SpanOptions = {}, context?: Context): Span => {
      try {
        const { options, rejectedCount } = readOptions(given, limits);
        const span = guardSpan(startSpan(truncateText(name), options, context));
        if (rejectedCount > 0) dropCounter.countAttributes(rejectedCount);
        return span;
      } catch (error) {
        dropCounter.countItem(error);
        return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
      }
    };
    return tracer;
  };
  const getTracer = provider.getTracer.bind(provider);
  const guarded = new WeakSet<Tracer>();
  const scopes = new ScopeLimit((limit) => warnScopeLimit('tracers', limit));
  provider.getTracer = (name: string, version?: string, options?: TracerOptions): Tracer => {
    const { schemaUrl, ...scope } = scopes.admit(readScope(name, version, options));
    const tracer = getTracer(
      scope.name as string,
      scope.version,
      schemaUrl === undefined ? undefined : { schemaUrl },
    );
    if (guarded.has(tracer)) return tracer;
    guarded.add(tracer);
    return guardTracer(tracer);
  };
  return provider;
}
