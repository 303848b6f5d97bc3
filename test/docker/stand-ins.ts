import { cp, lstat, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, run } from '../support/run.ts';
import type { Engine } from './engine.ts';

const library = '/lib/x86_64-linux-gnu';
const libraries = ['librt.so.1', 'libresolv.so.2', 'libnss_dns.so.2', 'libnss_files.so.2', 'libutil.so.1'];
const templates = '/usr/share/prometheus/alertmanager';
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** Stand-in of each image, by the variable of the image. */
export type Images = Readonly<Record<string, string>>;

/** The base image of a stand-in: this machine's Node.js, npm, C library and busybox. */
async function makeBase(engine: Engine): Promise<string> {
  const tag = 'stand-in/node:24.21.0';
  const folder = join(engine.folder, 'base');
  const put = async (from: string, to = from): Promise<void> => {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await cp(await realpath(from), join(folder, to), { recursive: true });
  };
  const node = process.execPath;
  const busybox = await realpath((await findProgram('busybox')) ?? '');
  const linked = (await run('ldd', [node], '/')).output.match(/\/[^ ]+(?= \()/g) ?? [];
  await Promise.all([
    put(node, '/usr/local/bin/node'),
    put(busybox, '/bin/busybox'),
    put(certificates),
    ...[...linked, ...libraries.map((name) => join(library, name))].map((path) => put(path)),
    put(await npmFolder(), '/usr/local/lib/node_modules/npm'),
  ]);
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(folder, 'usr/local/bin/npm'));
  const applets = (await run(busybox, ['--list'], '/')).output.split('\n').filter(Boolean);
  for (const applet of applets) {
    if (applet !== 'busybox') await symlink('busybox', join(folder, 'bin', applet));
  }
  await mkdir(join(folder, 'usr/bin'), { recursive: true });
  await symlink('/bin/env', join(folder, 'usr/bin/env'));
  await mkdir(join(folder, 'tmp'), { mode: 0o1777 });
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  const archive = join(engine.folder, 'base.tar');
  const packed = await run('tar', ['--create', '--file', archive, '--directory', folder, '.'], '/');
  if (packed.code !== 0) throw new Error(packed.output);
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', `ENV NODE_EXTRA_CA_CERTS=${certificates}`];
  await engine.docker('import', ...changes.flatMap((change) => ['--change', change]), archive, tag);
  return tag;
}

/** The folder of the npm that the machine brings. */
async function npmFolder(): Promise<string> {
  const paths = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'npm'));
  for (const path of paths) {
    const real = await realpath(path).catch(() => '');
    if (real.endsWith('/bin/npm-cli.js') && (await lstat(real)).isFile()) return dirname(dirname(real));
  }
  throw new Error('npm is not installed');
}

const dockerfile = `
ARG NODE_IMAGE
FROM \${NODE_IMAGE} AS programs
COPY . /

FROM programs AS collector
ENTRYPOINT ["/bin/otelcol"]
FROM programs AS prometheus
ENTRYPOINT ["/bin/without-otlp", "/bin/prometheus"]
FROM programs AS alertmanager
ENTRYPOINT ["/bin/alertmanager"]
FROM programs AS tempo
ENTRYPOINT ["node", "/stand-in.mjs", "3200,4318", "/var/tempo"]
FROM programs AS loki
ENTRYPOINT ["node", "/stand-in.mjs", "3100", "/loki"]
FROM programs AS grafana
ENTRYPOINT ["node", "/stand-in.mjs", "3000"]
`;

/** Flags and commands that Debian's Prometheus 2 does not support. */
const scripts: Readonly<Record<string, string>> = {
  'bin/without-otlp': `#!/bin/sh
program=$1; shift
for flag; do shift; [ "$flag" = --web.enable-otlp-receiver ] || set -- "$@" "$flag"; done
exec "$program" "$@"
`,
  'bin/promtool': '#!/bin/sh\nexec wget -q -O - http://127.0.0.1:9090/-/healthy\n',
  tempo: '#!/bin/sh\nexec wget -q --spider http://127.0.0.1:3200/ready\n',
  'usr/bin/loki': '#!/bin/sh\nexec wget -q --spider http://127.0.0.1:3100/ready\n',
};

/**
 * Builds an image for every image of docker-compose.yml from installed programs: Node.js, Prometheus, Alertmanager and the
 * built Collector. Tempo, Loki and Grafana are replaced by stand-ins.
 *
 * @param collector the path of the Collector
 */
export async function makeStandIns(engine: Engine, collector: string): Promise<Images> {
  const base = await makeBase(engine);
  const context = join(engine.folder, 'programs');
  await mkdir(join(context, 'bin'), { recursive: true });
  await mkdir(join(context, 'usr/bin'), { recursive: true });
  const binaries = {
    otelcol: collector,
    prometheus: (await findProgram('prometheus')) ?? '',
    alertmanager: (await findProgram('prometheus-alertmanager')) ?? '',
    amtool: (await findProgram('amtool')) ?? '',
  };
  await Promise.all([
    ...Object.entries(binaries).map(([name, path]) => cp(path, join(context, 'bin', name))),
    ...Object.entries(scripts).map(([name, text]) => writeFile(join(context, name), text, { mode: 0o755 })),
    cp(join(import.meta.dirname, 'stand-in.mjs'), join(context, 'stand-in.mjs')),
    cp(templates, join(context, templates), { recursive: true }),
  ]);
  const file = join(engine.folder, 'Dockerfile');
  await writeFile(file, dockerfile);
  const images: Record<string, string> = { NODE_IMAGE: base };
  for (const name of ['collector', 'prometheus', 'alertmanager', 'tempo', 'loki', 'grafana']) {
    const tag = `stand-in/${name}:0.0.0`;
    const args = ['--build-arg', `NODE_IMAGE=${base}`, '--target', name, '--tag', tag, '--file', file];
    await engine.docker('build', ...args, context);
    images[`${name.toUpperCase()}_IMAGE`] = tag;
  }
  return images;
}
