import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dashboards, serialize } from './dashboards.ts';

const directory = join(import.meta.dirname, '..', 'grafana', 'dashboards');

await Promise.all(
  Object.entries(dashboards).map(([file, page]) => writeFile(join(directory, file), serialize(page))),
);
