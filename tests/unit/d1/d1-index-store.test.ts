// The index against a real D1: newest wins whatever the order, tombstones hold, lists page by key, workspaces are apart.

import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { d1IndexStore } from '../../../d1/d1-index-store.ts'
import type { IndexStore } from '../../../d1/index-store.ts'
import type { UserProfile } from '../../../domain/player/types.ts'
import { type LocalD1, localD1 } from './local-d1.ts'
import { board, profile, resource } from './rows.ts'

const workspaceId = 'workspace1'
let d1: LocalD1
let store: IndexStore
let clock = 0

beforeAll(async () => {
  d1 = await localD1()
  store = d1IndexStore(d1.database, () => clock)
})
afterAll(() => d1.dispose())
beforeEach(async () => {
  clock = 100
  await d1.database.batch(['users', 'resources', 'boards'].map((table) => d1.database.prepare(`DELETE FROM ${table}`)))
})

const user = (userId: string, incarnation: number, sequence: number, gone = false) => ({
  workspaceId,
  userId,
  at: { incarnation, sequence },
  profile: gone ? null : profile(userId, incarnation * 1000 + sequence),
})

describe('upserts', () => {
  it('come to the newest of each user, in any order, repeated and split in any way', async () => {
    const write = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      incarnation: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 1, max: 9 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(write, { maxLength: 12 }), { maxLength: 4 }), async (calls) => {
        await d1.database.prepare('DELETE FROM users').run()
        const newest = new Map<string, { at: { incarnation: number; sequence: number }; row: UserProfile | null }>()
        for (const call of calls) {
          // What a place in the log says is a function of the place: every fifth deletes.
          const rows = call.map(({ id, incarnation, sequence }) => user(id, incarnation, sequence, sequence % 5 === 0))
          await store.putUsers(rows)
          for (const { userId, at, profile: row } of rows) {
            const known = newest.get(userId)?.at ?? { incarnation: 0, sequence: 0 }
            const later = at.incarnation > known.incarnation || (at.incarnation === known.incarnation && at.sequence > known.sequence)
            if (later) newest.set(userId, { at, row })
          }
        }
        const scanned = await store.scan(workspaceId, 'user', null, 10)
        const expected = [...newest]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([id, { at, row }]) => ({ id, at, deleted: row === null, row }))
        expect(scanned).toEqual(expected)
        const listed = await store.listUsers(workspaceId, { limit: 10, order: 'asc' })
        expect(listed.map(({ userId }) => userId).sort()).toEqual(expected.filter(({ deleted }) => !deleted).map(({ id }) => id))
      }),
      { numRuns: 25 },
    )
  })

  it('take more rows than a statement may bind', async () => {
    await store.putUsers(Array.from({ length: 120 }, (_, i) => user(`u${String(i).padStart(3, '0')}`, 1, 1)))
    expect(await store.listUsers(workspaceId, { limit: 200, order: 'asc' })).toHaveLength(120)
  })

  it('keep nothing of a deleted user', async () => {
    await store.putUsers([user('a', 1, 1), user('a', 1, 2, true)])
    const { results } = await d1.database.prepare('SELECT row FROM users').all()
    expect(results).toEqual([{ row: null }])
  })
})

describe('lists', () => {
  it.each(['asc', 'desc'] as const)('page by (updatedAt, id) to the last row, %s', async (order) => {
    const rows = ['d', 'a', 'c', 'b', 'e'].map((id, i) => ({
      workspaceId,
      at: { incarnation: 1, sequence: i + 1 },
      resource: resource(id, i < 3 ? 7 : 9),
    }))
    await store.putResources(rows)
    const seen: string[] = []
    for (let after: { updatedAtMs: number; id: string } | undefined; ; ) {
      const page = await store.listResources(workspaceId, 'activity', { limit: 2, order, after })
      seen.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      if (!last) break
      after = { updatedAtMs: last.updatedAtMs, id: last.id }
    }
    const ascending = ['a', 'c', 'd', 'b', 'e']
    expect(seen).toEqual(order === 'asc' ? ascending : ascending.reverse())
    expect(await store.listResources(workspaceId, 'reward-rule', { limit: 9, order })).toEqual([])
  })

  it('show a workspace its own rows only', async () => {
    await store.putUsers([
      { workspaceId: 'workspace2', userId: 'x', at: { incarnation: 1, sequence: 1 }, profile: profile('x', 1, 'workspace2') },
    ])
    await store.putBoards([board('foreign', { workspaceId: 'workspace2' })])
    expect(await store.listUsers(workspaceId, { limit: 9, order: 'asc' })).toEqual([])
    expect(await store.board(workspaceId, 'foreign')).toBeNull()
    expect(await store.prune(workspaceId, 'user', [], 1e9)).toBe(0)
  })

  it('use the index and sort nothing', async () => {
    const plan = await d1.database
      .prepare(
        'EXPLAIN QUERY PLAN SELECT row FROM users WHERE workspace_id = ? AND deleted = ? AND (updated_at_ms, user_id) < (?, ?) ORDER BY updated_at_ms DESC, user_id DESC LIMIT 20',
      )
      .bind('w', 0, 5, 'u')
      .all<{ detail: string }>()
    expect(plan.results.map(({ detail }) => detail).join()).toMatch(/^SEARCH users USING INDEX users_by_update/)
    expect(plan.results.map(({ detail }) => detail).join()).not.toContain('TEMP B-TREE')
  })
})

describe('boards', () => {
  it('tell which rows are new, once', async () => {
    expect(await store.putBoards([board('a'), board('b'), board('a')])).toEqual([true, true, false])
    expect(await store.putBoards([board('b'), board('c')])).toEqual([false, true])
  })

  it('take a later change of the series and no earlier one', async () => {
    await store.putBoards([board('a', { updatedAtMs: 20, startsAtMs: 2 })])
    await store.putBoards([board('a', { updatedAtMs: 10, startsAtMs: 1 })])
    expect((await store.board(workspaceId, 'a'))?.startsAtMs).toBe(2)
  })

  it('are listed by state, as the clock that is passed in has it', async () => {
    const hour = 3_600_000
    await store.putBoards([
      board('ended', { startsAtMs: 0, endsAtMs: 500 }),
      board('active', { startsAtMs: 0 }),
      board('ends-now', { startsAtMs: 0, endsAtMs: 1000 }),
      board('pending', { startsAtMs: 1001 }),
      board('user-zone', { timezoneType: 'USER', startsAtMs: 14 * hour, endsAtMs: 900 + 14 * hour }),
    ])
    const inState = async (state: 'PENDING' | 'ACTIVE' | 'ENDED') =>
      (await store.listBoards(workspaceId, { limit: 9, order: 'asc' }, { state, nowMs: 1000 })).map(({ boardId }) => boardId)
    expect(await inState('PENDING')).toEqual(['pending'])
    expect(await inState('ACTIVE')).toEqual(['active', 'user-zone'])
    expect(await inState('ENDED')).toEqual(['ended', 'ends-now'])
  })
})

it('prunes what is not named and older than the rebuild, and nothing else', async () => {
  await store.putUsers([user('kept', 1, 1), user('old', 1, 1)])
  clock = 200
  await store.putUsers([user('young', 1, 1)])
  expect(await store.prune(workspaceId, 'user', ['kept'], 150)).toBe(1)
  expect((await store.scan(workspaceId, 'user', null, 9)).map(({ id }) => id)).toEqual(['kept', 'young'])
  expect(await store.ping()).toBe(true)
})
