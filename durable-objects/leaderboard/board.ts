// A board: its rows and the ranking made of them. The rows are written first, in one synchronous transaction, and the
// ranking follows in the same step, so what is answered is never ahead of what is stored. The ranking is built on the
// first read after a start; until then pushes go to the rows alone.

import type { BoardRef, ScorePush } from '../../domain/boards/types.ts'
import { type RankedMember, Ranking } from './ranking.ts'
import type { BoardReply, Ranked } from './rpc.ts'
import { type BoardTables, toMember } from './tables.ts'

const lost = { status: 'lost' } as const
const ok = <T>(value: T): BoardReply<T> => ({ status: 'ok', value })

const toRanked = ({ rank, member }: RankedMember): Ranked => ({
  rank,
  entityId: member.id,
  name: member.name,
  ...(member.imageUrl === undefined ? {} : { imageUrl: member.imageUrl }),
  score: member.score,
})

/** SQLite stores UTF-8, which has no lone surrogates: names are made well-formed before they are stored or compared. */
const wellFormed = (push: ScorePush): ScorePush => ({ ...push, entityId: push.entityId.toWellFormed(), name: push.name.toWellFormed() })

export type Board = ReturnType<typeof board>

export function board(tables: BoardTables, now: () => number) {
  let ranking: Ranking | null = null
  let opened = false

  const isOpen = (): boolean => {
    opened ||= tables.opened()
    return opened
  }

  const ranked = (): Ranking => {
    ranking ??= Ranking.from([...tables.load()])
    return ranking
  }

  /** Writes the rows, then lets the ranking follow; a ranking that could not follow is dropped, and built again. */
  const change = <T>(write: () => T, follow: (written: T, ranking: Ranking) => void): T => {
    const written = tables.transaction(write)
    const current = ranking
    ranking = null
    if (current) {
      follow(written, current)
      ranking = current
    }
    return written
  }

  const one = (entityId: string): Ranked | null => {
    const member = ranked().get(entityId)
    const rank = ranked().rank(entityId)
    return member && rank !== null ? toRanked({ rank, member }) : null
  }

  return {
    open: (ref: BoardRef) => {
      if (!isOpen()) tables.open(ref, now())
    },

    push(scores: ScorePush[], filling = false): BoardReply<{ applied: number }> {
      if (!filling && !isOpen()) return lost
      const bad = scores.find((push) => !Number.isSafeInteger(push.score) || push.entityId === '')
      if (bad) throw new RangeError(`a push needs an id and a safe integer: ${bad.entityId} ${bad.score}`)
      const applied = change(
        () => scores.map(wellFormed).filter((push) => tables.apply(push, now())),
        (pushes, members) => {
          for (const push of pushes) {
            if (push.removed) members.remove(push.entityId)
            else members.upsert(toMember(push))
          }
        },
      )
      return ok({ applied: applied.length })
    },

    rankings(page: {
      offset: number
      limit: number
      entityId?: string
    }): BoardReply<{ items: Ranked[]; totalCount: number; current?: Ranked }> {
      if (!isOpen()) return lost
      const current = page.entityId === undefined ? null : one(page.entityId)
      return ok({
        items: ranked().page(page.offset, page.limit).map(toRanked),
        totalCount: ranked().size,
        ...(current ? { current } : {}),
      })
    },

    rank(entityId: string): BoardReply<{ ranked: Ranked | null; totalCount: number }> {
      return isOpen() ? ok({ ranked: one(entityId), totalCount: ranked().size }) : lost
    },

    around(entityId: string, count: number): BoardReply<Ranked[]> {
      return isOpen() ? ok(ranked().around(entityId, count).map(toRanked)) : lost
    },

    members(after: string | null, limit: number): BoardReply<ScorePush[]> {
      return isOpen() ? ok(tables.membersAfter(after, limit)) : lost
    },

    retain(entityIds: string[], pushedBeforeMs: number): BoardReply<{ removed: number }> {
      if (!isOpen()) return lost
      const keep = new Set(entityIds)
      const removed = change(
        () => [...tables.load()].filter((member) => !keep.has(member.id) && tables.forget(member.id, pushedBeforeMs)),
        (members, current) => {
          for (const member of members) current.remove(member.id)
        },
      )
      return ok({ removed: removed.length })
    },
  }
}
