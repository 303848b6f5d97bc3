import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../support/run.ts';

/** A private key and the certificate for it, as PEM. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for `localhost`, self-signed and valid for one day; undefined if openssl is not installed. */
export async function selfSigned(): Promise<Identity | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-tls-'));
  try {
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const about = ['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const { code } = await run(
      'openssl',
      [...kind, ...about, '-keyout', 'key.pem', '-out', 'cert.pem'],
      folder,
    );
    if (code !== 0) return undefined;
    const [key, cert] = await Promise.all(
      ['key.pem', 'cert.pem'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    return { key: key ?? '', cert: cert ?? '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
