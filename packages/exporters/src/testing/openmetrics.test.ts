import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseOpenMetrics } from './openmetrics.ts';

const wrong: readonly [problem: string, exposition: string][] = [
  ['no end', '# TYPE a gauge\na 1\n'],
  ['no line feed at the end', '# TYPE a gauge\na 1\n# EOF'],
  ['a sample without a family', 'a 1\n# EOF\n'],
  ['a counter without _total', '# TYPE a counter\na 1\n# EOF\n'],
  ['a negative counter', '# TYPE a counter\na_total -1\n# EOF\n'],
  ['an interrupted family', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n'],
  ['a sample twice', '# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n# EOF\n'],
  ['a label twice', '# TYPE a gauge\na{x="1",x="2"} 1\n# EOF\n'],
  ['a label that starts with a digit', '# TYPE a gauge\na{1x="1"} 1\n# EOF\n'],
  ['a quote that is not escaped', '# TYPE a gauge\na{x="""} 1\n# EOF\n'],
  ['a unit that is no suffix', '# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n'],
  ['an empty line', '# TYPE a gauge\n\na 1\n# EOF\n'],
  [
    'buckets that go down',
    '# TYPE h histogram\nh_bucket{le="1.0"} 2\nh_bucket{le="+Inf"} 1\nh_count 1\n# EOF\n',
  ],
  ['no last bucket', '# TYPE h histogram\nh_bucket{le="1.0"} 2\nh_count 2\n# EOF\n'],
  ['a count that is not the last bucket', '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_count 2\n# EOF\n'],
  ['an exemplar of a gauge', '# TYPE a gauge\na 1 # {trace_id="x"} 1 1\n# EOF\n'],
  [
    'an exemplar in another bucket',
    '# TYPE h histogram\nh_bucket{le="1.0"} 1 # {} 2 1\nh_bucket{le="+Inf"} 1\nh_count 1\n# EOF\n',
  ],
];

for (const [problem, exposition] of wrong) {
  test(`the test parser rejects ${problem}`, () => {
    assert.throws(() => parseOpenMetrics(exposition));
  });
}
