// The manifest: a line for each media, page by page, and never one that only looks whole.

import { describe, expect, test, vi } from 'vitest'
import type { ListPage } from '../../../d1/index-store.ts'
import type { Maker } from '../../../domain/identity.ts'
import { mediaManifest } from '../../../workers/dashboard/media-export.ts'
import { mediaFields, mediaView } from '../../../workers/dashboard/media-view.ts'
import { exportTurn, ndjsonExport } from '../../../workers/dashboard/ndjson-export.ts'
import type { Edge } from '../../../workers/edge/edge.ts'
import { exportPatience, newEdgeShares } from '../../../workers/edge/limits/edge-shares.ts'
import { takeTurn } from '../../../workers/edge/limits/turn.ts'
import { mediaLinks } from '../../../workers/media/links.ts'
import { storedMedia } from './stored-media.ts'

const home = { accountId: 'account001', workspaceId: 'workspace1', sourceRegion: 'eu-west-1' }
const maker = { subject: 'somebody', context: 'dashboard', platform: 'web', role: 'viewer', scopes: [] } satisfies Maker
const place = { home, origin: 'https://laurel.test', links: mediaLinks('a key for tests only'), maker, nowMs: 0 }

function manifest(count: number, fails = false) {
  const all = Array.from({ length: count }, (_, i) => storedMedia({ mediaId: `m-${i}`, updatedAtMs: 1000 + i, visibility: 'private' }))
  let clock = 1_000_000
  const listMedia = vi.fn(async (_workspaceId: string, { limit, after }: ListPage) => {
    if (fails && after) throw new Error('D1 is gone')
    const start = after ? all.findIndex(({ mediaId }) => mediaId === after.id) + 1 : 0
    return all.slice(start, start + limit)
  })
  const services = { now: () => clock++, index: { listMedia } } as unknown as Parameters<typeof mediaManifest>[0]
  return { all, listMedia, pages: mediaManifest(services, place, { fileType: 'image' }, 2) }
}

test.each([0, 1, 2, 3, 4, 5])('of %i media is a line each, with all that is known of it', async (count) => {
  const { all, listMedia, pages } = manifest(count)
  let text = ''
  for await (const page of pages) text += page
  const lines = text.split('\n').map((line) => (line === '' ? line : JSON.parse(line)))
  const { url: _, ...wanted } = mediaView(storedMedia(), place, mediaFields)
  for (const [i, line] of lines.slice(0, -1).entries()) {
    const { mediaId } = all[i] ?? storedMedia()
    expect(line).toMatchObject(JSON.parse(JSON.stringify({ ...wanted, mediaId, visibility: 'private', updatedAt: line.updatedAt })))
    expect(line.url).toMatch(new RegExp(`/media/workspace1/${mediaId}/sunset.jpg\\?expires=`))
  }
  expect([lines.length, lines.at(-1)]).toEqual([count + 1, ''])
  for (const call of listMedia.mock.calls as unknown as unknown[][])
    expect(call).toMatchObject(['workspace1', { limit: 2, order: 'asc' }, { fileType: 'image' }])
})

test('breaks off where the index fails, and the operator is told why', async () => {
  const lines: string[] = []
  const { pages } = manifest(3, true)
  const about = { now: () => 0, log: (line: string) => lines.push(line), event: 'media/export_failed', workspaceId: 'workspace1' }
  const { share, turn } = await turnOf()
  await expect(new Response(ndjsonExport(pages, turn, about)).text()).rejects.toThrow('could not be finished')
  expect(lines.join()).toMatch(/media\/export_failed.*D1 is gone/)
  expect(share.held()).toBe(0)
})

describe('its turn', () => {
  const about = { now: () => 0, log: () => {}, event: 'media/export_failed', workspaceId: 'workspace1' }

  test('ends with the last line, and when the reader leaves', async () => {
    for (const read of [(stream: ReadableStream) => new Response(stream).text(), (stream: ReadableStream) => stream.cancel()]) {
      const { share, turn } = await turnOf()
      expect(share.held()).toBe(1)
      await read(ndjsonExport(manifest(3).pages, turn, about))
      expect(share.held()).toBe(0)
    }
  })

  test('is over for a reader who takes nothing for minutes: the export does not look whole', async () => {
    const { share, turn, pass } = await turnOf()
    const reader = ndjsonExport(manifest(5).pages, turn, about).getReader()
    await reader.read()
    pass(exportPatience.heldMs)
    share.ask({ key: 'other', weight: 8, believedUntilMs: Number.MAX_SAFE_INTEGER }, exportPatience.heldMs)
    await expect(reader.read()).rejects.toThrow('could not be finished')
  })

  test('is refused a fourth time to one workspace, and not to another', async () => {
    const edge = {
      shares: newEdgeShares(),
      services: { now: () => 0, pause: async () => Promise.reject(new Error('waits')) },
    } as unknown as Edge
    for (let i = 0; i < 3; i++) expect(await exportTurn(edge, 'a')).toMatchObject({ ok: true })
    await expect(exportTurn(edge, 'a')).rejects.toThrow('waits')
    expect(await exportTurn(edge, 'b')).toMatchObject({ ok: true })
  })
})

async function turnOf() {
  const share = newEdgeShares().exports
  let nowMs = 0
  const turn = await takeTurn(share, { key: 'workspace1', weight: 1 }, exportPatience, { now: () => nowMs, pause: async () => {} })
  if (!turn.ok) throw new Error('no turn')
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { share, turn: turn.value, pass }
}
