const maxLength = 255;
const maxParts = 16;

const operations: ReadonlySet<string> = new Set(
  (
    'ALTER ANALYZE BEGIN CALL COMMIT CREATE DELETE DESCRIBE DROP EXECUTE EXPLAIN GRANT INSERT LOAD LOCK MERGE OPTIMIZE ' +
    'PREPARE RELEASE RENAME REPLACE REVOKE ROLLBACK SAVEPOINT SELECT SET SHOW START TRUNCATE UNLOCK UPDATE USE'
  ).split(' '),
);

/** Keywords before the name of a table. */
const beforeTarget: ReadonlySet<string> = new Set('CALL FROM INTO JOIN TABLE UPDATE'.split(' '));

/** Keywords between such a keyword and the name. */
const modifiers: ReadonlySet<string> = new Set(
  'DELAYED EXISTS HIGH_PRIORITY IF IGNORE LATERAL LOW_PRIORITY NOT ONLY QUICK'.split(' '),
);

/** Keywords after the names of tables and their aliases. */
const afterTargets: ReadonlySet<string> = new Set(
  'CROSS FOR GROUP HAVING INNER LEFT LIMIT NATURAL ON ORDER PARTITION RIGHT SET UNION USING VALUES WHERE WINDOW'.split(
    ' ',
  ),
);

const longestKeyword = 'HIGH_PRIORITY'.length;

/**
 * Collects the operations and tables of a query from its words.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query
 */
export class QuerySummary {
  readonly #parts: string[] = [];
  /** Whether a table may follow. */
  #isTarget = false;
  /** Whether the last name was a table, after which a comma announces another one. */
  #isList = false;
  /** Whether a dot has continued the name of a table. */
  #isContinued = false;
  #previous = '';

  get text(): string {
    return this.#parts.join(' ').slice(0, maxLength);
  }

  /** Adds a word that is not quoted: a keyword or a name. */
  addWord(word: string): void {
    if (word.length > longestKeyword || this.#isContinued) {
      this.addName(word);
      return;
    }
    const keyword = word.toUpperCase();
    const isOperation = operations.has(keyword) && !this.#isClause(keyword);
    const isBeforeTarget = beforeTarget.has(keyword) && (isOperation || !operations.has(keyword));
    const { length } = this.#parts;
    if (isOperation && length < maxParts) this.#parts.push(keyword);
    if (afterTargets.has(keyword)) this.#isList = false;
    else if (isOperation || isBeforeTarget) {
      this.#isTarget = isBeforeTarget;
      this.#isList = false;
    } else if (!this.#isTarget || !modifiers.has(keyword)) {
      this.addName(word);
    }
    this.#previous = keyword;
  }

  /** Adds a name, without its quotes. */
  addName(name: string): void {
    const parts = this.#parts;
    if (this.#isContinued) {
      parts[parts.length - 1] += `.${name}`;
      this.#isContinued = false;
    } else if (this.#isTarget) {
      if (parts.length < maxParts) parts.push(name);
      this.#isTarget = false;
      this.#isList = true;
    }
    this.#previous = '';
  }

  /** Adds a character that is no part of a word, or `?` for a literal. */
  addMark(mark: string): void {
    if (mark === '.') {
      // After the name itself, not after its alias.
      this.#isContinued = this.#isList && this.#parts.length < maxParts;
      return;
    }
    if (mark === ',') this.#isTarget = this.#isList;
    else if (mark !== ')') this.#isTarget = false;
    this.#isList = false;
    this.#isContinued = false;
  }

  /** Whether a keyword is a clause of another operation: `ON DUPLICATE KEY UPDATE`, `UPDATE a SET`, `FOR UPDATE`. */
  #isClause(keyword: string): boolean {
    if (keyword === 'SET') return this.#parts.length > 0;
    return keyword === 'UPDATE' && (this.#previous === 'KEY' || this.#previous === 'FOR');
  }
}
