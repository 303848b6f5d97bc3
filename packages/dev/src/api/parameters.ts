import { type Problem, problem, type Query } from '@sonde/router';
import { parseDuration } from '../query/parse.ts';

function fault(parameter: string, value: string, expected: string): Problem {
  const detail = `${parameter}: ${JSON.stringify(value.slice(0, 80))} is not allowed; expected ${expected}`;
  return problem(400, detail, { code: 'BAD_PARAMETER', parameter });
}

/** The parameters of a request's address, each with the type that is expected. @throws {Problem} 400 */
export class Parameters {
  readonly #query: Query;

  constructor(query: Query) {
    this.#query = query;
  }

  text(name: string): string | undefined {
    const value = this.#query[name];
    const first = typeof value === 'string' ? value : value?.[0];
    return first === '' ? undefined : first;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!Number.isFinite(number)) throw fault(name, text, 'a number');
    return number;
  }

  /** Milliseconds: a duration with its unit, or a bare number. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const duration = parseDuration(text) ?? Number(text);
    if (!(duration > 0) || duration > 86_400_000 * 31) throw fault(name, text, 'a duration such as 5m or 1h');
    return duration;
  }

  /** A window of time: a duration, or `all`. */
  window(name: string): number | 'all' | undefined {
    return this.text(name) === 'all' ? 'all' : this.duration(name);
  }

  choice<const Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const known = words.find((word) => word === text);
    if (known === undefined) throw fault(name, text, `one of ${words.join(', ')}`);
    return known;
  }

  /** The parameters that all lists take. */
  page(): {
    q: string | undefined;
    limit: number | undefined;
    before: number | undefined;
    after: number | undefined;
    order: 'asc' | 'desc' | undefined;
  } {
    return {
      q: this.text('q'),
      limit: this.number('limit'),
      before: this.number('before'),
      after: this.number('after'),
      order: this.choice('order', ['asc', 'desc']),
    };
  }
}
