// The user's own state in SQLite: profile, ledger, balances, the last event of each activity, and running totals per
// board. All of it is applied from commits; totals are derived from the ledger and never run ahead of the record.

import type { Series } from '../../domain/boards/types.ts'
import type { Balance, EventFacts, LedgerLine, UserProfile } from '../../domain/player/types.ts'
import type { Session, SessionChange } from '../../domain/sessions/types.ts'
import { auditTable } from '../audit/audit-table.ts'
import { migrate, type Sql } from '../log/sql.ts'

const steps = [
  [
    'CREATE TABLE self (id INTEGER PRIMARY KEY CHECK (id = 0), profile TEXT, deleted INTEGER NOT NULL DEFAULT 0)',
    `CREATE TABLE lines (ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL, currency TEXT NOT NULL,
       signed INTEGER NOT NULL, rule_set INTEGER NOT NULL, body TEXT NOT NULL)`,
    'CREATE INDEX lines_by_currency ON lines (currency, sequence)',
    'CREATE TABLE balances (currency TEXT PRIMARY KEY, body TEXT NOT NULL)',
    'CREATE TABLE previous_events (activity_id TEXT PRIMARY KEY, body TEXT NOT NULL)',
    'CREATE TABLE series (series_id TEXT PRIMARY KEY, body TEXT NOT NULL, through INTEGER NOT NULL)',
    'CREATE TABLE totals (series_id TEXT NOT NULL, period_id TEXT NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (series_id, period_id))',
  ],
  ['CREATE TABLE sessions (session_id TEXT PRIMARY KEY, body TEXT NOT NULL)'],
]

const emptied = ['self', 'lines', 'balances', 'previous_events', 'series', 'totals', 'sessions']

export interface StoredLine {
  ordinal: number
  sequence: number
  signed: number
  ruleSet: number
  line: LedgerLine
}

interface LineRow {
  ordinal: number
  sequence: number
  signed: number
  rule_set: number
  body: string
}

const toStored = (row: LineRow): StoredLine => ({
  ordinal: row.ordinal,
  sequence: row.sequence,
  signed: row.signed,
  ruleSet: row.rule_set,
  line: JSON.parse(row.body),
})

export type PlayerTables = ReturnType<typeof playerTables>

export function playerTables(sql: Sql) {
  const json = <T>(query: string, ...bindings: (string | number)[]): T | null => {
    const [row] = sql.all<{ body: string | null }>(query, ...bindings)
    return row?.body ? JSON.parse(row.body) : null
  }
  const audit = auditTable(sql)
  return {
    audit,
    migrate: () => {
      migrate(sql, 'player', steps)
      audit.migrate()
    },
    clear: () => {
      for (const table of emptied) sql.all(`DELETE FROM ${table}`)
      audit.clear()
    },

    profile: (): UserProfile | null => json('SELECT profile AS body FROM self'),
    deleted: (): boolean => sql.all<{ deleted: number }>('SELECT deleted FROM self')[0]?.deleted === 1,
    setProfile: (profile: UserProfile) =>
      sql.all(
        'INSERT INTO self (id, profile) VALUES (0, ?) ON CONFLICT (id) DO UPDATE SET profile = excluded.profile',
        JSON.stringify(profile),
      ),
    setDeleted: () => sql.all('UPDATE self SET deleted = 1'),

    addLine: (line: LedgerLine, signed: number, sequence: number, ruleSet: number) =>
      sql.all(
        'INSERT INTO lines (id, sequence, currency, signed, rule_set, body) VALUES (?, ?, ?, ?, ?, ?)',
        line.virtualTransactionId,
        sequence,
        line.virtualCurrencyId,
        signed,
        ruleSet,
        JSON.stringify(line),
      ),
    line: (id: string): LedgerLine | null => json('SELECT body FROM lines WHERE id = ?', id),
    /** Newest or oldest first from behind `after`, an ordinal. */
    lines: (limit: number, after: number | null, order: 'asc' | 'desc'): StoredLine[] => {
      const query =
        order === 'asc'
          ? 'SELECT * FROM lines WHERE ordinal > ? ORDER BY ordinal LIMIT ?'
          : 'SELECT * FROM lines WHERE ordinal < ? ORDER BY ordinal DESC LIMIT ?'
      return sql.all<LineRow>(query, after ?? (order === 'asc' ? 0 : Number.MAX_SAFE_INTEGER), limit).map(toStored)
    },
    linesOf: (currency: string, after: number, through: number): StoredLine[] =>
      sql
        .all<LineRow>(
          'SELECT * FROM lines WHERE currency = ? AND sequence > ? AND sequence <= ? ORDER BY ordinal',
          currency,
          after,
          through,
        )
        .map(toStored),
    *lineTexts(): Generator<string> {
      for (let after = 0, page: { ordinal: number; body: string }[]; ; after = page.at(-1)?.ordinal ?? 0) {
        page = sql.all('SELECT ordinal, body FROM lines WHERE ordinal > ? ORDER BY ordinal LIMIT 1000', after)
        if (page.length === 0) return
        for (const { body } of page) yield body
      }
    },
    countLines: (): number => sql.all<{ count: number }>('SELECT COUNT(*) AS count FROM lines')[0]?.count ?? 0,
    sums: (): Record<string, number> =>
      Object.fromEntries(
        sql
          .all<{ currency: string; sum: number }>('SELECT currency, SUM(signed) AS sum FROM lines GROUP BY currency')
          .map((row) => [row.currency, row.sum]),
      ),

    balance: (currency: string): Balance | null => json('SELECT body FROM balances WHERE currency = ?', currency),
    balances: (): Balance[] => sql.all<{ body: string }>('SELECT body FROM balances ORDER BY currency').map((row) => JSON.parse(row.body)),
    setBalance: (balance: Balance) =>
      sql.all('INSERT OR REPLACE INTO balances (currency, body) VALUES (?, ?)', balance.virtualCurrencyId, JSON.stringify(balance)),

    previousEvent: (activityId: string): EventFacts | null => json('SELECT body FROM previous_events WHERE activity_id = ?', activityId),
    setPreviousEvent: (event: EventFacts) =>
      sql.all('INSERT OR REPLACE INTO previous_events (activity_id, body) VALUES (?, ?)', event.activityId, JSON.stringify(event)),

    sessions: (): Session[] =>
      sql.all<{ body: string }>('SELECT body FROM sessions ORDER BY session_id').map((row) => JSON.parse(row.body)),
    changeSession: ({ sessionId, value }: SessionChange) =>
      value === null
        ? sql.all('DELETE FROM sessions WHERE session_id = ?', sessionId)
        : sql.all('INSERT OR REPLACE INTO sessions (session_id, body) VALUES (?, ?)', sessionId, JSON.stringify(value)),

    series: (seriesId: string): { series: Series; through: number } | null => {
      const [row] = sql.all<{ body: string; through: number }>('SELECT body, through FROM series WHERE series_id = ?', seriesId)
      return row ? { series: JSON.parse(row.body), through: row.through } : null
    },
    allSeries: (): Series[] => sql.all<{ body: string }>('SELECT body FROM series ORDER BY series_id').map((row) => JSON.parse(row.body)),
    setSeries: (series: Series, through: number) =>
      sql.all(
        'INSERT OR REPLACE INTO series (series_id, body, through) VALUES (?, ?, ?)',
        series.seriesId,
        JSON.stringify(series),
        through,
      ),
    totals: (seriesId: string) =>
      sql.all<{ period_id: string; total: number }>('SELECT period_id, total FROM totals WHERE series_id = ? ORDER BY period_id', seriesId),
    addToTotal: (seriesId: string, periodId: string, amount: number) =>
      sql.all(
        'INSERT INTO totals (series_id, period_id, total) VALUES (?, ?, ?) ON CONFLICT (series_id, period_id) DO UPDATE SET total = total + excluded.total',
        seriesId,
        periodId,
        amount,
      ),
    dropTotals: (seriesId: string) => sql.all('DELETE FROM totals WHERE series_id = ?', seriesId),
  }
}
