// A board on a real SQLite: what it answers before a restart it answers after, and only later places overwrite.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScorePush } from '../../../domain/boards/types.ts'
import { board } from '../../../durable-objects/leaderboard/board.ts'
import { boardTables } from '../../../durable-objects/leaderboard/tables.ts'
import { nodeSql } from './node-sql.ts'

const ref = { workspaceId: 'w', boardId: 'b', seriesId: 'b', periodId: 'PERMANENT' }

function open(sql = nodeSql(), now = () => 1_000) {
  const tables = boardTables(sql)
  tables.migrate()
  return board(tables, now)
}

function opened(sql = nodeSql(), now = () => 1_000) {
  const fresh = open(sql, now)
  fresh.open(ref)
  return fresh
}

const push = (entityId: string, score: number, sequence: number, rest: Partial<ScorePush> = {}): ScorePush => ({
  entityId,
  name: entityId,
  score,
  incarnation: 1,
  sequence,
  ...rest,
})

const value = <T>(reply: { status: 'ok'; value: T } | { status: 'lost' }): T => {
  if (reply.status !== 'ok') throw new Error('the board is lost')
  return reply.value
}

const listed = (target: ReturnType<typeof board>) =>
  value(target.rankings({ offset: 0, limit: 1000 })).items.map((item) => `${item.rank} ${item.name} ${item.score}`)

describe('a board', () => {
  it('is lost until it is opened, on every question, and takes nothing', () => {
    const sql = nodeSql()
    const unopened = open(sql)
    expect(unopened.push([push('a', 1, 1)])).toEqual({ status: 'lost' })
    expect(unopened.rankings({ offset: 0, limit: 1 })).toEqual({ status: 'lost' })
    expect(unopened.rank('a')).toEqual({ status: 'lost' })
    expect(unopened.around('a', 1)).toEqual({ status: 'lost' })
    expect(unopened.members(null, 1)).toEqual({ status: 'lost' })
    expect(unopened.retain([], 2_000)).toEqual({ status: 'lost' })
    unopened.open(ref)
    expect(value(unopened.rankings({ offset: 0, limit: 1 }))).toEqual({ items: [], totalCount: 0 })
    unopened.push([push('a', 1, 1)])
    unopened.open(ref)
    expect(listed(open(sql))).toEqual(['1 a 1'])
  })

  it('that is being filled stays lost until it is opened, and is whole then', () => {
    const sql = nodeSql()
    const target = open(sql)
    expect(value(target.push([push('a', 1, 1), push('b', 2, 1)], true))).toEqual({ applied: 2 })
    expect(target.rankings({ offset: 0, limit: 1 })).toEqual({ status: 'lost' })
    expect(target.push([push('c', 3, 1)])).toEqual({ status: 'lost' })
    const restarted = open(sql)
    restarted.open(ref)
    expect(listed(restarted)).toEqual(['1 b 2', '2 a 1'])
  })

  it('applies only what is later, by incarnation and then sequence', () => {
    const target = opened()
    expect(value(target.push([push('a', 5, 5), push('a', 4, 4), push('b', 1, 1)]))).toEqual({ applied: 2 })
    expect(value(target.push([push('a', 5, 5)]))).toEqual({ applied: 0 })
    expect(value(target.push([push('a', 3, 3, { incarnation: 2 })]))).toEqual({ applied: 1 })
    expect(value(target.push([push('a', 9, 9)]))).toEqual({ applied: 0 })
    expect(listed(target)).toEqual(['1 a 3', '2 b 1'])
  })

  it('keeps a tombstone, even of one it never saw, so that a late push brings nobody back', () => {
    const target = opened()
    target.push([push('a', 2, 2), push('b', 1, 1)])
    target.push([push('a', 0, 3, { removed: true }), push('c', 0, 7, { removed: true })])
    expect(value(target.push([push('a', 2, 2), push('c', 6, 6)]))).toEqual({ applied: 0 })
    expect(listed(target)).toEqual(['1 b 1'])
    expect(value(target.members(null, 10)).map((member) => member.entityId)).toEqual(['b'])
    target.push([push('a', 4, 4)])
    expect(listed(target)).toEqual(['1 a 4', '2 b 1'])
  })

  it('answers rank, current and around with the total', () => {
    const target = opened()
    target.push([push('a', 3, 1, { imageUrl: 'https://images.invalid/a' }), push('b', 2, 1), push('c', 2, 1), push('d', 1, 1)])
    expect(value(target.rank('c'))).toEqual({ ranked: { rank: 2, entityId: 'c', name: 'c', score: 2 }, totalCount: 4 })
    expect(value(target.rank('x'))).toEqual({ ranked: null, totalCount: 4 })
    expect(value(target.rankings({ offset: 0, limit: 1, entityId: 'd' }))).toEqual({
      items: [{ rank: 1, entityId: 'a', name: 'a', imageUrl: 'https://images.invalid/a', score: 3 }],
      totalCount: 4,
      current: { rank: 4, entityId: 'd', name: 'd', score: 1 },
    })
    expect(value(target.around('c', 1)).map((item) => item.entityId)).toEqual(['b', 'c', 'd'])
    expect(value(target.around('x', 1))).toEqual([])
  })

  it('pages through its members by id, with their places in the log', () => {
    const target = opened()
    const pushes = Array.from({ length: 25 }, (_, n) => push(`u${String(n).padStart(2, '0')}`, n, n + 1))
    target.push([...pushes].reverse())
    const seen: ScorePush[] = []
    for (let after: string | null = null; ; after = seen.at(-1)?.entityId ?? null) {
      const page = value(target.members(after, 10))
      seen.push(...page)
      if (page.length < 10) break
    }
    expect(seen).toEqual(pushes)
  })

  it('retains who is named, and who was pushed since the rebuild began', () => {
    let nowMs = 1_000
    const target = opened(nodeSql(), () => nowMs)
    target.push([push('stale', 1, 1), push('known', 2, 1)])
    nowMs = 2_000
    target.push([push('newborn', 3, 1)])
    expect(value(target.retain(['known'], 2_000))).toEqual({ removed: 1 })
    expect(listed(target)).toEqual(['1 newborn 3', '2 known 2'])
    expect(value(target.retain(['known'], Number.MAX_SAFE_INTEGER))).toEqual({ removed: 1 })
    expect(listed(target)).toEqual(['1 known 2'])
  })

  it('stores a name with half a surrogate as it will read it back', () => {
    const sql = nodeSql()
    const target = opened(sql)
    target.rank('a')
    target.push([push('a', 1, 1, { name: 'x\ud800y' })])
    expect(listed(target)).toEqual(listed(open(sql)))
    expect(listed(target)).toEqual(['1 x\ufffdy 1'])
  })

  it('takes none of a push when one of it cannot be stored', () => {
    const sql = nodeSql()
    const target = opened(sql)
    target.push([push('a', 1, 1)])
    expect(listed(target)).toEqual(['1 a 1'])
    expect(() => target.push([push('b', 2, 1), push('c', 0.5, 1)])).toThrow(RangeError)
    expect(() => target.push([push('b', 2, 1), push('c', 3, 1, { sequence: null as unknown as number })])).toThrow()
    expect(listed(target)).toEqual(['1 a 1'])
    expect(listed(open(sql))).toEqual(['1 a 1'])
  })

  it('ends the same whatever order pushes come in, however often, restarts between', () => {
    const entity = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), scores: fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }) })
    fc.assert(
      fc.property(fc.uniqueArray(entity, { selector: ({ id }) => id }), fc.infiniteStream(fc.nat()), (entities, dice) => {
        const pushes = entities.flatMap(({ id, scores }) =>
          scores.map((score, n) => push(id, score, n + 1, score === 0 ? { removed: true } : {})),
        )
        const directory = mkdtempSync(join(tmpdir(), 'board-'))
        try {
          const file = join(directory, 'board.sqlite')
          let sql = nodeSql(file)
          let target = opened(sql)
          const roll = () => Number(dice.next().value)
          const sent = [...pushes, ...pushes].map((one) => ({ one, at: roll() })).sort((a, b) => a.at - b.at)
          for (const { one } of sent) {
            if (roll() % 3 === 0) listed(target)
            target.push([one])
            if (roll() % 5 === 0) {
              const before = listed(target)
              sql.close()
              sql = nodeSql(file)
              target = open(sql)
              expect(listed(target)).toEqual(before)
            }
          }
          const last = entities.map(({ id, scores }) => ({ id, score: scores.at(-1) ?? 0 })).filter(({ score }) => score > 0)
          const expected = last.map(({ id, score }) => `${1 + last.filter((other) => other.score > score).length} ${id} ${score}`)
          expect([...listed(target)].sort()).toEqual(expected.sort())
          sql.close()
        } finally {
          rmSync(directory, { recursive: true })
        }
      }),
      { numRuns: 30 },
    )
  })
})
