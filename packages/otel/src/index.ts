export const placeholder: string = 'otel';
