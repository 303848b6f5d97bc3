export { channelVersions, knownInstrumentation, knownInstrumentationNames } from './known-libraries.ts';
export { shortName } from './short-name.ts';
