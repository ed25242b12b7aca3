// Pages over a user's own lists. The user's object answers them: they are never behind.

import type { Balance, LedgerLine } from '../../domain/player/types.ts'
import { type SessionFacts, sessionFacts } from '../../domain/sessions/types.ts'
import type { PlayerTables } from './player-tables.ts'
import type { PlayerPage } from './rpc.ts'

/** By last change, then currency. `after` is the last currency of the page before. */
export function balancePage(tables: PlayerTables, page: PlayerPage): { items: Balance[]; next: string | null } {
  const direction = page.order === 'asc' ? 1 : -1
  const sorted = tables
    .balances()
    .sort((a, b) => direction * (a.updatedAtMs - b.updatedAtMs || (a.virtualCurrencyId < b.virtualCurrencyId ? -1 : 1)))
  const start = page.after === undefined ? 0 : sorted.findIndex((balance) => balance.virtualCurrencyId === page.after) + 1
  const items = sorted.slice(start, start + page.limit)
  return { items, next: start + page.limit < sorted.length ? (items.at(-1)?.virtualCurrencyId ?? null) : null }
}

/** By place in the ledger. `after` is the last ordinal of the page before. */
export function transactionPage(tables: PlayerTables, page: PlayerPage): { items: LedgerLine[]; next: string | null } {
  const after = page.after === undefined ? null : Number(page.after)
  const rows = tables.lines(page.limit + 1, after, page.order)
  const items = rows.slice(0, page.limit)
  return { items: items.map(({ line }) => line), next: rows.length > page.limit ? String(items.at(-1)?.ordinal ?? '') : null }
}

/** Where the user is signed in now, the newest first: at most twenty. */
export const liveSessions = (tables: PlayerTables, nowMs: number): SessionFacts[] =>
  tables
    .sessions()
    .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.sessionId < b.sessionId ? -1 : 1))
    .map(sessionFacts)
