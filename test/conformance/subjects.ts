import { autoInstrumentations } from './subjects/auto-instrumentations-node/subject.ts';
import { autotel } from './subjects/autotel/subject.ts';
import { elastic } from './subjects/elastic/subject.ts';
import { logfire } from './subjects/logfire/subject.ts';
import { sonde } from './subjects/sonde/subject.ts';
import type { Subject } from './subject.ts';

/** Columns of the table. */
export const subjects: readonly Subject[] = [sonde, autoInstrumentations, elastic, autotel, logfire];
