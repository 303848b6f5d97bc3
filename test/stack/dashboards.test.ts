import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { dashboards, serialize } from '../../stack/dashboards/dashboards.ts';
import { readDataSources, root } from './files.ts';
import { faultsOf, metricsOf, type Page, panelsOf, queriesOf, readPages } from './queries.ts';

let pages: readonly Page[];
before(async () => {
  pages = await readPages();
  assert.ok(pages.length > 0);
});

test('the files are what the code makes: npm run generate --workspace stack/dashboards', async () => {
  assert.deepEqual(pages.map(({ file }) => file).toSorted(), Object.keys(dashboards).toSorted());
  await Promise.all(
    Object.entries(dashboards).map(async ([file, dashboard]) => {
      const text = await readFile(join(root, 'stack/grafana/dashboards', file), 'utf8');
      assert.ok(text === serialize(dashboard), `${file} is not what the code makes`);
    }),
  );
});

test('every query is right by the grammar of its language', () => {
  const queries = pages.flatMap((page) => queriesOf(page));
  assert.ok(queries.length > 20);
  for (const query of queries) assert.deepEqual(faultsOf(query), [], `${query.at}: ${query.text}`);
});

test('the grammar rejects what is wrong, and a metric is found by name', () => {
  const wrong = { at: '', language: 'prometheus', text: 'sum by (le) (rate(a_bucket{job="x"}[5m])' };
  assert.notDeepEqual(faultsOf(wrong), []);
  assert.deepEqual(metricsOf('sum(rate(a_total{x="b_total"}[5m])) / on (c) d'), ['a_total', 'd']);
});

test('every data source that a page or another source names is provisioned', async () => {
  const sources = await readDataSources();
  const typeByUid = new Map(sources.map(({ uid, type }) => [uid, type]));
  const named = pages.flatMap((page) => [
    ...panelsOf(page).map(({ datasource }) => datasource),
    ...page.templating.list.map(({ datasource }) => datasource),
  ]);
  for (const ref of named) assert.equal(typeByUid.get(ref?.uid ?? ''), ref?.type, JSON.stringify(ref));

  const correlated = JSON.stringify(sources).matchAll(/"datasourceUid":"([^"]*)"/g);
  const uids = [...correlated].map(([, uid]) => uid ?? '');
  assert.ok(uids.length >= 4);
  for (const uid of uids) assert.ok(typeByUid.has(uid), uid);
});

test('every panel has a title, a sentence and a unit', () => {
  for (const page of pages) {
    const titles = panelsOf(page).map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length, `${page.file}: a title twice`);
    for (const panel of panelsOf(page)) {
      assert.ok(panel.title, `${page.file}: a panel has no title`);
      assert.ok(panel.description, `${page.file}: ${panel.title} has no description`);
      if (panel.type === 'stat' || panel.type === 'timeseries') {
        assert.ok(panel.fieldConfig?.defaults.unit, `${page.file}: ${panel.title} has no unit`);
      }
    }
  }
});

test('pages have addresses of their own', () => {
  const uids = pages.map(({ uid }) => uid);
  assert.equal(new Set(uids).size, uids.length);
  for (const uid of uids) assert.match(uid, /^sonde-[a-z-]{1,34}$/);
});
