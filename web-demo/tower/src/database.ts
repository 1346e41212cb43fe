// What the console remembers in this browser: drafts and keys, in IndexedDB.
import type { SigningKey } from './keys.ts';
import type { SourceFile } from './names.ts';

/** Unpublished work of one site. */
export type Draft = {
  readonly files: readonly SourceFile[];
  /** What it was begun on: the version, and its source. */
  readonly base: { readonly version: number; readonly files: readonly SourceFile[] };
  /** ms since 1970 UTC. */
  readonly at: number;
};

const stores = ['drafts', 'keys', 'kept'] as const;
type StoreName = (typeof stores)[number];

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let opened: Promise<IDBDatabase> | undefined;
function database(): Promise<IDBDatabase> {
  if (opened) return opened;
  const request = indexedDB.open('heed-tower', 1);
  request.onupgradeneeded = () => {
    for (const name of stores) request.result.createObjectStore(name);
  };
  opened = done(request);
  return opened;
}

async function run<T>(
  name: StoreName,
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const transaction = (await database()).transaction(name, mode);
  return done(act(transaction.objectStore(name)));
}

const read = <T>(name: StoreName, key: string): Promise<T | undefined> =>
  run(name, 'readonly', (store) => store.get(key) as IDBRequest<T | undefined>);
const write = async (name: StoreName, key: string, value: unknown): Promise<void> => {
  await run(name, 'readwrite', (store) => store.put(value, key));
};

export const readDraft = (site: string): Promise<Draft | undefined> => read('drafts', site);
export const writeDraft = (site: string, draft: Draft): Promise<void> =>
  write('drafts', site, draft);
export const dropDraft = async (site: string): Promise<void> => {
  await run('drafts', 'readwrite', (store) => store.delete(site));
};

const keptCountMax = 20;

/** Keeps a draft that other work takes the place of; only the newest few stay. */
export async function keepDraft(site: string, draft: Draft): Promise<void> {
  await write('kept', `${site} ${draft.at}`, draft);
  for (const { at } of (await keptDrafts(site)).slice(keptCountMax))
    await run('kept', 'readwrite', (store) => store.delete(`${site} ${at}`));
}

/** The newest first. */
export async function keptDrafts(site: string): Promise<readonly Draft[]> {
  const own = IDBKeyRange.bound(`${site} `, `${site} \uffff`);
  const drafts = await run('kept', 'readonly', (store) => store.getAll(own));
  return (drafts as Draft[]).sort((a, b) => b.at - a.at);
}

export const readKey = (site: string): Promise<SigningKey | undefined> => read('keys', site);
export const writeKey = (site: string, key: SigningKey): Promise<void> => write('keys', site, key);
export const dropKey = async (site: string): Promise<void> => {
  await run('keys', 'readwrite', (store) => store.delete(site));
};
