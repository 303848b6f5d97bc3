/**
 * The part of traces that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` ask for: 0 to 1.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function ratioFromEnvironment(environment: Readonly<Record<string, string | undefined>>): number {
  const name = environment['OTEL_TRACES_SAMPLER']?.trim() ?? '';
  if (name.endsWith('always_off')) return 0;
  if (!name.endsWith('traceidratio')) return 1;
  const text = environment['OTEL_TRACES_SAMPLER_ARG']?.trim() ?? '';
  const ratio = Number(text);
  return text !== '' && ratio >= 0 && ratio <= 1 ? ratio : 1;
}
