import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { dashboards, serialize } from '../../stack/dashboards/dashboards.ts';
import { readDataSources, root } from './files.ts';
import {
  listCorrelations,
  listFaults,
  createMetrics,
  type Page,
  listPanels,
  listQueries,
  readPages,
} from './queries.ts';

let pages: readonly Page[];
before(async () => {
  pages = await readPages();
  assert.ok(pages.length > 0);
});

test('the files match the code: npm run generate --workspace stack/dashboards', async () => {
  assert.deepEqual(pages.map(({ file }) => file).toSorted(), Object.keys(dashboards).toSorted());
  await Promise.all(
    Object.entries(dashboards).map(async ([file, dashboard]) => {
      const text = await readFile(join(root, 'stack/grafana/dashboards', file), 'utf8');
      assert.ok(text === serialize(dashboard), `${file} is not what the code makes`);
    }),
  );
});

test('every query parses', () => {
  const queries = pages.flatMap((page) => listQueries(page));
  assert.ok(queries.length > 20);
  for (const query of queries) assert.deepEqual(listFaults(query), [], `${query.at}: ${query.text}`);
});

test('every query of a link between signals parses', async () => {
  const queries = (await readDataSources()).flatMap(listCorrelations);
  assert.deepEqual(new Set(queries.map(({ language }) => language)), new Set(['loki', 'prometheus']));
  for (const query of queries) {
    assert.doesNotMatch(query.text, /\$/, `${query.at}: a variable that Grafana does not know`);
    assert.deepEqual(listFaults(query), [], `${query.at}: ${query.text}`);
  }
});

test('the grammar rejects invalid queries, and metrics are found by name', () => {
  const wrong = { at: '', language: 'prometheus', text: 'sum by (le) (rate(a_bucket{job="x"}[5m])' };
  assert.notDeepEqual(listFaults(wrong), []);
  assert.notDeepEqual(listFaults({ at: '', language: 'loki', text: '{service_name="x"} |' }), []);
  assert.notDeepEqual(listFaults({ at: '', language: 'tempo', text: '{ duration >> 5 && }' }), []);
  assert.deepEqual(createMetrics('sum(rate(a_total{x="b_total"}[5m])) / on (c) d'), ['a_total', 'd']);
});

test('every referenced data source is provisioned', async () => {
  const sources = await readDataSources();
  const typeByUid = new Map(sources.map(({ uid, type }) => [uid, type]));
  const named = pages.flatMap((page) => [
    ...listPanels(page).map(({ datasource }) => datasource),
    ...page.templating.list.map(({ datasource }) => datasource),
  ]);
  for (const ref of named) assert.equal(typeByUid.get(ref?.uid ?? ''), ref?.type, JSON.stringify(ref));

  const correlated = JSON.stringify(sources).matchAll(/"datasourceUid":"([^"]*)"/g);
  const uids = [...correlated].map(([, uid]) => uid ?? '');
  assert.ok(uids.length >= 4);
  for (const uid of uids) assert.ok(typeByUid.has(uid), uid);
});

test('every panel has a title, a description and a unit', () => {
  for (const page of pages) {
    const titles = listPanels(page).map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length, `${page.file}: a title twice`);
    for (const panel of listPanels(page)) {
      assert.ok(panel.title, `${page.file}: a panel has no title`);
      assert.ok(panel.description, `${page.file}: ${panel.title} has no description`);
      if (panel.type === 'stat' || panel.type === 'timeseries') {
        assert.ok(panel.fieldConfig?.defaults.unit, `${page.file}: ${panel.title} has no unit`);
      }
    }
  }
});

test('dashboards have unique ids', () => {
  const uids = pages.map(({ uid }) => uid);
  assert.equal(new Set(uids).size, uids.length);
  for (const uid of uids) assert.match(uid, /^sonde-[a-z-]{1,34}$/);
});
