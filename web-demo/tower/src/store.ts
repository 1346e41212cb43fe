// The store's HTTP interface (docs/formats/store.md), as far as the console uses it.
import type { Bytes } from './encoding.ts';
import type { SourceFile } from './names.ts';

export type PastVersion = {
  readonly version: number;
  readonly hash: string;
  readonly size_bytes: number;
  /** ms since 1970 UTC. */
  readonly at: number;
  readonly who: string;
  readonly has_source: boolean;
};

export type Keyring = {
  readonly heed_keyring: 1;
  readonly site: string;
  readonly roles: { readonly release: { threshold: number; keys: readonly string[] } };
};

export class StoreError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export class Store {
  readonly #base: string;
  readonly #key: () => string;

  /** @param key the publish or read key; '' where the store asks for none */
  constructor(site: string, key: () => string) {
    this.#base = `/v1/${encodeURIComponent(site)}`;
    this.#key = key;
  }

  async #send(method: string, path: string, body?: BodyInit, type?: string): Promise<Response> {
    const headers = new Headers();
    const key = this.#key();
    if (key) headers.set('authorization', `Bearer ${key}`);
    if (type) headers.set('content-type', type);
    const answer = await fetch(this.#base + path, {
      method,
      headers,
      cache: 'no-store',
      ...(body !== undefined && { body }),
    }).catch((error: unknown) => {
      throw new StoreError(0, 'unreachable', `the store cannot be reached: ${String(error)}`);
    });
    if (answer.ok) return answer;
    const text = await answer.text();
    let error: { code?: string; message?: string } | undefined;
    try {
      ({ error } = JSON.parse(text) as { error?: { code?: string; message?: string } });
    } catch {
      // Not the store itself: a proxy before it.
    }
    throw new StoreError(answer.status, error?.code ?? 'error', error?.message ?? text);
  }

  /** @returns the newest signed ruleset, or the one of `version`; null where there is none yet */
  async ruleset(version?: number): Promise<{ version: number; bytes: Bytes } | null> {
    const answer = await this.#send('GET', `/ruleset${query(version)}`).catch(absent);
    if (!answer) return null;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return { version: Number(answer.headers.get('x-heed-version')), bytes };
  }

  /** @returns what was written for a version; null where nobody has sent it */
  async source(version: number): Promise<readonly SourceFile[] | null> {
    const answer = await this.#send('GET', `/ruleset/source${query(version)}`).catch(absent);
    if (!answer) return null;
    const { files } = (await answer.json()) as { files: readonly SourceFile[] };
    return files;
  }

  async versions(): Promise<readonly PastVersion[]> {
    const answer = await this.#send('GET', '/ruleset/versions').catch(absent);
    if (!answer) return [];
    return ((await answer.json()) as { versions: readonly PastVersion[] }).versions;
  }

  /** Publishes; the map and the source follow, for reports and for whoever goes on with it. */
  async publish(
    version: number,
    signed: Bytes,
    map: string,
    files: readonly SourceFile[],
  ): Promise<void> {
    await this.#send('PUT', '/ruleset', signed, 'application/vnd.heed.ruleset');
    const json = 'application/json';
    await this.#send('PUT', `/ruleset/source${query(version)}`, JSON.stringify({ files }), json);
    await this.#send('PUT', '/ruleset/map', map, json);
  }

  async keyring(): Promise<Keyring | null> {
    const answer = await this.#send('GET', '/keyring').catch(absent);
    return answer && ((await answer.json()) as Keyring);
  }

  async putKeyring(keyring: Keyring): Promise<void> {
    await this.#send('PUT', '/keyring', JSON.stringify(keyring), 'application/json');
  }
}

const query = (version?: number): string => (version === undefined ? '' : `?version=${version}`);

function absent(error: unknown): null {
  if (error instanceof StoreError && error.status === 404) return null;
  throw error;
}
