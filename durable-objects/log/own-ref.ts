// An alarm does not say whose object it woke, so the object writes its own name down, first of all that it writes. So an
// object without its name holds nothing; anyone can have one made by naming it, and asking must not fill it with tables.
//
//   a birth                      opens the object: name, tables, then its first life
//   anything else, name there    opens it
//   anything else, no name       R2 and the regions say whether its log ever lived; only then it is opened
//
// Nothing is ever taken away again, so no question can undo a birth that begins while it waits.

import { ok, type Result } from '../../domain/result.ts'
import type { LogPorts } from './ports.ts'
import { everLived } from './rehydrate.ts'
import type { Sql } from './sql.ts'

export interface OwnRef {
  workspaceId: string
  /** Empty for a workspace's own object. */
  userId: string
}

export const ownRef = (sql: Sql) => ({
  /** Null, and still no table, where nothing was written. */
  read: (): OwnRef | null => {
    if (sql.all("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'own_ref'").length === 0) return null
    const [row] = sql.all<{ workspace_id: string; user_id: string }>('SELECT workspace_id, user_id FROM own_ref')
    return row ? { workspaceId: row.workspace_id, userId: row.user_id } : null
  },
  write: (ref: OwnRef): void => {
    sql.all('CREATE TABLE IF NOT EXISTS own_ref (id INTEGER PRIMARY KEY CHECK (id = 0), workspace_id TEXT NOT NULL, user_id TEXT NOT NULL)')
    sql.all('INSERT OR IGNORE INTO own_ref (id, workspace_id, user_id) VALUES (0, ?, ?)', ref.workspaceId, ref.userId)
  },
})

/** What an object holds in memory of its log: nothing, until something may be written. */
export class Room<Opened> {
  readonly #open: () => Opened
  readonly #ports: LogPorts
  #opened: Opened | undefined
  #asking: Promise<Result<void>> | undefined

  /** `open` makes the tables; it is called once. */
  constructor(ports: LogPorts, open: () => Opened) {
    this.#ports = ports
    this.#open = open
  }

  /** For a birth, and for what holds something already. */
  open(): Opened {
    this.#opened ??= this.#open()
    return this.#opened
  }

  /** For everything else. `resource/not_found` where there is nothing to open; `record/unavailable` where that is not known now. */
  async enter(): Promise<Result<Opened>> {
    if (!this.#opened && this.isBlank()) {
      this.#asking ??= everLived(this.#ports).finally(() => {
        this.#asking = undefined
      })
      const lived = await this.#asking
      // A birth may have begun meanwhile: then what it has opened answers.
      if (!lived.ok && !this.#opened) return lived
    }
    return ok(this.open())
  }

  /** What is open; undefined where nothing is, and nothing is opened for being asked. */
  get opened(): Opened | undefined {
    return this.#opened
  }

  isBlank(): boolean {
    return !this.#opened && ownRef(this.#ports.sql).read() === null
  }
}
