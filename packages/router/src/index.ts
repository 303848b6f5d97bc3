export const placeholder: string = 'router';
