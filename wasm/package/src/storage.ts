// Where the ledger keeps its log: IndexedDB, or memory where there is none or it refuses.
import type { Storage, StorageEntry } from './types.ts';

export function memoryStorage(): Storage {
  const entries = new Map<string, Uint8Array>();
  return {
    async read(from, until, count) {
      const keys = [...entries.keys()].filter((key) => from <= key && key < until).sort();
      return keys.slice(0, count).map((key): StorageEntry => [key, entries.get(key)!]);
    },
    async write(changes) {
      for (const [key, value] of changes) {
        if (value) entries.set(key, value);
        else entries.delete(key);
      }
    },
    async erase() {
      entries.clear();
    },
    close() {},
  };
}

const table = 'log';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(table);
  return settled(request).then((database) => {
    // Another tab erases: standing in its way would keep what the visitor asked to forget.
    database.onversionchange = () => database.close();
    return database;
  });
}

export function indexedDbStorage(name: string): Storage {
  let opened: Promise<IDBDatabase> | undefined;
  const database = () => (opened ??= openDatabase(name));
  return {
    async read(from, until, count) {
      const store = (await database()).transaction(table).objectStore(table);
      const range = IDBKeyRange.bound(from, until, false, true);
      const [keys, values] = await Promise.all([
        settled(store.getAllKeys(range, count)),
        settled<Uint8Array[]>(store.getAll(range, count)),
      ]);
      return keys.map((key, i): StorageEntry => [String(key), values[i]!]);
    },
    async write(changes) {
      const transaction = (await database()).transaction(table, 'readwrite');
      const store = transaction.objectStore(table);
      for (const [key, value] of changes) {
        if (value) store.put(value, key);
        else store.delete(key);
      }
      return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
    },
    async erase() {
      (await opened?.catch(() => null))?.close();
      opened = undefined;
      await settled(indexedDB.deleteDatabase(name));
    },
    close() {
      opened?.then(
        (it) => it.close(),
        () => {},
      );
    },
  };
}

/**
 * `first` until it fails once, then memory: what could not be kept is still sent while the page
 * lives.
 */
export function withFallback(first: Storage): Storage {
  let storage = first;
  const attempt = async <T>(body: (storage: Storage) => Promise<T>): Promise<T> => {
    const used = storage;
    try {
      return await body(used);
    } catch {
      if (storage === used) storage = memoryStorage();
      return body(storage);
    }
  };
  return {
    read: (from, until, count) => attempt((it) => it.read(from, until, count)),
    write: (changes) => attempt((it) => it.write(changes)),
    erase: () => attempt((it) => it.erase()),
    close: () => storage.close(),
  };
}

/** The site's log on this device. */
export const deviceStorage = (site: string): Storage =>
  typeof indexedDB === 'undefined'
    ? memoryStorage()
    : withFallback(indexedDbStorage(`heed:${site}`));
