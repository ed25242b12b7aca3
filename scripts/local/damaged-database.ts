// A database file that was cut short or overwritten: SQLite opens some of them and then fails on every page that is gone,
// for ever. Such a region is worth less than an empty one, which serves, is noticed, and is refilled from the other.

import { existsSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const corrupt = 11
const notADatabase = 26

/** Where the damaged file was put (over an earlier one), with what belongs to it; undefined where it is whole, or not there. Nobody may have it open. */
export function putDamagedAside(file: string): string | undefined {
  if (!existsSync(file) || !isDamaged(file)) return undefined
  const aside = `${file}.damaged`
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(aside + suffix, { force: true })
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  }
  return aside
}

/** Looks at every page. A file that only cannot be read now (locked, no room) is for its engine to complain of. */
function isDamaged(file: string): boolean {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file)
    return database.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok'
  } catch (error) {
    return [corrupt, notADatabase].includes((error as { errcode?: number }).errcode ?? 0)
  } finally {
    database?.close()
  }
}
