export { isPlainIdentifier } from './identifier.ts';
export {
  familyName,
  type FamilyName,
  type FamilyType,
  labelName,
  type MetricKind,
  translationStrategies,
  type TranslationStrategy,
} from './translation.ts';
export { unitWords } from './unit.ts';
