export const placeholder: string = 'exporters';
