import { DatabaseSync } from 'node:sqlite';

/** Opens the file for writing. `isTemporary`: nobody needs it after a crash, so that nothing waits for the disk. */
export function openForWriting(file: string, isTemporary: boolean): DatabaseSync {
  const database = new DatabaseSync(file);
  // Must come before the first table.
  database.exec('PRAGMA page_size = 8192');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(`PRAGMA synchronous = ${isTemporary ? 'OFF' : 'NORMAL'}`);
  database.exec('PRAGMA cache_size = -32768');
  database.exec('PRAGMA temp_store = MEMORY');
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}

/** Opens the same file for queries, beside the one who writes. */
export function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA query_only = ON');
  database.exec('PRAGMA cache_size = -16384');
  database.exec('PRAGMA temp_store = MEMORY');
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}
