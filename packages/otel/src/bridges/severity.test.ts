import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeverityNumber } from '@opentelemetry/api';
import { severityByName, severityByNumber } from './severity.ts';

test('names of the standard levels, npm, syslog and the winston CLI have a severity', () => {
  const severities: Readonly<Record<string, SeverityNumber>> = {
    trace: SeverityNumber.TRACE,
    silly: SeverityNumber.TRACE,
    debug: SeverityNumber.DEBUG,
    verbose: SeverityNumber.DEBUG2,
    http: SeverityNumber.DEBUG3,
    info: SeverityNumber.INFO,
    notice: SeverityNumber.INFO2,
    warn: SeverityNumber.WARN,
    warning: SeverityNumber.WARN,
    error: SeverityNumber.ERROR,
    crit: SeverityNumber.FATAL,
    emerg: SeverityNumber.FATAL3,
  };
  for (const [name, severity] of Object.entries(severities)) {
    assert.equal(severityByName(name), severity, name);
    assert.equal(severityByName(name.toUpperCase()), severity, name.toUpperCase());
  }
});

test('custom names and names of Object.prototype have none', () => {
  for (const name of ['custom', '', 'constructor', '__proto__'])
    assert.equal(severityByName(name), undefined);
});

test('a pino level with a standard label has the severity of the label, whatever its number', () => {
  assert.equal(severityByNumber('warn', 5), SeverityNumber.WARN);
});

test('the severity of other pino levels is interpolated from their number, within the range of severities', () => {
  const severities = new Map([
    [10, SeverityNumber.TRACE],
    [20, SeverityNumber.DEBUG],
    [30, SeverityNumber.INFO],
    [35, SeverityNumber.INFO3],
    [50, SeverityNumber.ERROR],
    [-100, SeverityNumber.TRACE],
    [10_000, SeverityNumber.FATAL4],
    [Number.NaN, SeverityNumber.UNSPECIFIED],
  ]);
  for (const [level, severity] of severities) {
    assert.equal(severityByNumber('custom', level), severity, String(level));
    assert.equal(severityByNumber('constructor', level), severity, String(level));
  }
});
