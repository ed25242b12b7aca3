// Media in the index, against a real D1: newest wins, a deleted one is forgotten and does not come back, lists are of one
// shelf or both, by type, in order, from an index.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { d1IndexStore } from '../../../d1/d1-index-store.ts'
import type { IndexStore } from '../../../d1/index-store.ts'
import type { StoredMedia } from '../../../domain/media/types.ts'
import { newMedia } from '../workspace/media.ts'
import { type LocalD1, localD1 } from './local-d1.ts'

const workspaceId = 'workspace1'
let d1: LocalD1
let store: IndexStore
beforeAll(async () => {
  d1 = await localD1()
  store = d1IndexStore(d1.database, () => 100)
})
afterAll(() => d1.dispose())
beforeEach(() => d1.database.prepare('DELETE FROM media').run())

const stored = (mediaId: string, updatedAtMs: number, rest: Partial<StoredMedia> = {}): StoredMedia => ({
  ...newMedia(mediaId),
  translations: [],
  tags: [],
  createdAtMs: 1,
  updatedAtMs,
  ...rest,
})
const row = (media: StoredMedia, sequence = 1, its = workspaceId) => ({
  workspaceId: its,
  mediaId: media.mediaId,
  at: { incarnation: 1, sequence },
  media,
})
const gone = (mediaId: string, sequence: number) => ({ workspaceId, mediaId, at: { incarnation: 1, sequence }, media: null })
const ids = (media: StoredMedia[]) => media.map(({ mediaId }) => mediaId)

describe('writes', () => {
  test('the newest stands, in any order and in one call or several', async () => {
    const older = row(stored('a', 5, { altText: 'old' }), 4)
    const newer = row(stored('a', 9, { altText: 'new' }), 5)
    await store.putMedia([newer, older])
    await store.putMedia([older])
    expect(await store.media(workspaceId, 'a')).toEqual(newer.media)
  })

  test('a deleted media is gone from lists and by its id, keeps nothing, and an older row does not bring it back', async () => {
    await store.putMedia([row(stored('a', 5), 4), gone('a', 6)])
    await store.putMedia([row(stored('a', 5), 5)])
    expect(await store.media(workspaceId, 'a')).toBeNull()
    expect(await store.listMedia(workspaceId, { limit: 9, order: 'asc' }, { scope: 'workspace' })).toEqual([])
    const { results } = await d1.database.prepare('SELECT row, scope, file_type FROM media').all()
    expect(results).toEqual([{ row: null, scope: null, file_type: null }])
    await store.putMedia([row(stored('a', 7), 7)])
    expect(await store.media(workspaceId, 'a')).toMatchObject({ updatedAtMs: 7 })
  })

  test('more rows than a statement may bind, and none', async () => {
    await store.putMedia([])
    await store.putMedia(Array.from({ length: 60 }, (_, i) => row(stored(`m${String(i).padStart(2, '0')}`, 1))))
    expect(await store.listMedia(workspaceId, { limit: 99, order: 'asc' }, {})).toHaveLength(60)
  })
})

describe('lists', () => {
  const all = [
    stored('d', 7),
    stored('a', 7, { fileType: 'video' }),
    stored('c', 9),
    stored('b', 9, { scope: 'common' }),
    stored('e', 8, { scope: 'common', fileType: 'video' }),
  ]
  beforeEach(() => store.putMedia(all.map((media) => row(media))))

  test.each([
    [{ scope: 'workspace' }, ['a', 'd', 'c']],
    [{ scope: 'common' }, ['e', 'b']],
    [{ scope: 'workspace', fileType: 'video' }, ['a']],
    [{ fileType: 'video' }, ['a', 'e']],
    [{ fileType: 'audio' }, []],
    [{}, ['a', 'd', 'e', 'b', 'c']],
  ] as const)('%j, in either order, page by page', async (filter, ascending) => {
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = []
      for (let after: { updatedAtMs: number; id: string } | undefined; ; ) {
        const page = await store.listMedia(workspaceId, { limit: 2, order, after }, filter)
        expect(page.length).toBeLessThanOrEqual(2)
        seen.push(...ids(page))
        const last = page.at(-1)
        if (!last) break
        after = { updatedAtMs: last.updatedAtMs, id: last.mediaId }
      }
      expect(seen).toEqual(order === 'asc' ? ascending : [...ascending].reverse())
    }
  })

  test('are of one workspace', async () => {
    await store.putMedia([row(stored('foreign', 1), 1, 'workspace2')])
    expect(ids(await store.listMedia('workspace2', { limit: 9, order: 'asc' }, {}))).toEqual(['foreign'])
    expect(await store.media(workspaceId, 'foreign')).toBeNull()
    expect(await store.media('workspace2', 'a')).toBeNull()
  })

  test('use an index and sort nothing', async () => {
    const plan = async (filter: string, ...bindings: string[]) => {
      const query = `EXPLAIN QUERY PLAN SELECT row FROM media WHERE workspace_id = ? AND deleted = 0 AND scope = ? ${filter} AND (updated_at_ms, media_id) < (5, 'm') ORDER BY updated_at_ms DESC, media_id DESC LIMIT 20`
      const found = await d1.database
        .prepare(query)
        .bind('w', 'workspace', ...bindings)
        .all<{ detail: string }>()
      return found.results.map(({ detail }) => detail).join()
    }
    expect(await plan('')).toMatch(/^SEARCH media USING INDEX media_by_update (?!.*TEMP B-TREE)/)
    expect(await plan('AND file_type = ?', 'video')).toMatch(/^SEARCH media USING INDEX media_by_type (?!.*TEMP B-TREE)/)
  })
})

test('a scan shows what lists are found by, tombstones too; a prune removes what is not named', async () => {
  await store.putMedia([row(stored('a', 5, { fileType: 'video' }), 3), gone('b', 4), row(stored('c', 6), 5)])
  const shown = { media: stored('a', 5, { fileType: 'video' }), scope: 'workspace', fileType: 'video', updatedAtMs: 5 }
  expect(await store.scan(workspaceId, 'media', null, 2)).toEqual([
    { id: 'a', at: { incarnation: 1, sequence: 3 }, deleted: false, row: shown },
    { id: 'b', at: { incarnation: 1, sequence: 4 }, deleted: true, row: null },
  ])
  expect(await store.prune(workspaceId, 'media', ['a', 'b'], 1e9)).toBe(1)
  expect((await store.scan(workspaceId, 'media', null, 9)).map(({ id }) => id)).toEqual(['a', 'b'])
})
