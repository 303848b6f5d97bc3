import type { Row } from './row.ts';
import { answers } from './rows/answers.ts';
import { collectorOutages } from './rows/collector.ts';
import { endings } from './rows/endings.ts';
import { loads } from './rows/loads.ts';
import { outages } from './rows/outages.ts';

/** Rows of the table of delivery. */
export const rows: readonly Row[] = [...outages, ...collectorOutages, ...answers, ...endings, ...loads];
