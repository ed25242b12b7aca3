// A workspace's media on the real objects, bucket, index and queue: what is kept survives the loss of an object's storage,
// what is deleted goes when its time is over and not before, and no sweep takes bytes that somebody needs.

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { describe, expect, test } from 'vitest'
import { d1IndexStore } from '../../d1/d1-index-store.ts'
import { type MediaCommand, orphanGraceMs, retentionMs } from '../../domain/media/types.ts'
import type { OutboxMessage } from '../../domain/outbox.ts'
import { objectStub } from '../../durable-objects/addresses.ts'
import type { WorkspaceInspection, WorkspaceRpc } from '../../durable-objects/workspace/rpc.ts'
import { blobKey, variantKey } from '../../r2/keys.ts'
import { audit } from '../../scripts/audit/audit.ts'
import { pruneIndex, settleAll, throughUsers } from '../../scripts/audit/operator.ts'
import { newMedia } from '../unit/workspace/media.ts'
import { must } from './support/game.ts'
import { crash, holdOutbox, loseStorage, workspaceAt } from './support/objects.ts'
import { operatorOf } from './support/scripts.ts'
import { newTenant, operator } from './support/tenant.ts'

const index = d1IndexStore(env.INDEX, Date.now)
const patience = { timeout: 20_000, interval: 100 }

/** A workspace with media, and the ways to change and to see them. */
async function gallery() {
  const { workspaceId, admin } = await newTenant()
  // A stub of its own for each call: those of an object that has died are of no use.
  const its = () => objectStub<WorkspaceRpc>(env.WORKSPACE, workspaceId, env.JURISDICTION)
  const at = (mediaId: string) => ({ mediaId, scope: 'workspace' }) as const
  async function run(command: MediaCommand) {
    const trail = { subject: 'tester', platform: 'system', requestId: nanoid() } as const
    const [reply] = await its().execute(workspaceId, [{ command, trail }])
    if (!reply?.ok) throw new Error(`${command.kind}: ${reply?.error.detail}`)
    return reply.answer.body
  }
  const key = (blobId: string) => blobKey(workspaceId, blobId)
  return {
    workspaceId,
    admin,
    its,
    run,
    key,
    stub: () => workspaceAt(workspaceId),
    /** As an upload does it: bytes first, then the media. */
    async upload(mediaId: string, sha256 = `hash-of-${mediaId}`) {
      await env.BYTES.put(key(`blob-of-${mediaId}`), 'bytes')
      return (await run({ kind: 'media.create', media: newMedia(mediaId, { sha256 }) })) as { blobId: string }
    },
    remove: (mediaId: string) => run({ kind: 'media.delete', ...at(mediaId) }),
    restore: (mediaId: string) => run({ kind: 'media.restore', ...at(mediaId) }),
    hasBytes: async (blobId: string) => (await env.BYTES.head(key(blobId))) !== null,
    indexed: (mediaId: string) => index.media(workspaceId, mediaId),
    settled: () => settleAll(operatorOf(workspaceId)),
    async inspect(): Promise<Omit<WorkspaceInspection, 'status'>> {
      const found = await its().inspect(workspaceId)
      if (!found.ok) throw new Error(found.error.detail)
      const { status: _, ...rest } = found.value
      return rest
    },
    /** Makes the object's own clock look back: what it noted was noted so much earlier. */
    age: (byMs: number) =>
      runInDurableObject(workspaceAt(workspaceId), (_, { storage: { sql } }) => {
        sql.exec('UPDATE orphan_marks SET marked_at_ms = marked_at_ms - ?', byMs)
        sql.exec('UPDATE media_sweeps SET asked_at_ms = asked_at_ms - ?', byMs)
        sql.exec('UPDATE blobs SET written_at_ms = written_at_ms - ?', byMs)
        sql.exec(
          "UPDATE media SET deleted_at_ms = deleted_at_ms - ?1, body = json_set(body, '$.deletedAtMs', deleted_at_ms - ?1) WHERE deleted_at_ms IS NOT NULL",
          byMs,
        )
      }),
  }
}

/** The operator's sweep, from its first page to its last. */
async function sweep(workspaceId: string) {
  const sums = { purged: 0, orphans: 0, released: 0, leftovers: 0 }
  for (let token: string | null = ''; token !== null; ) {
    const page = await must(operator.post(`/workspaces/${workspaceId}/media/sweep${token && `?nextToken=${encodeURIComponent(token)}`}`))
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += page[name]
    token = page.nextToken
  }
  return sums
}

describe('what is kept', () => {
  test('is in the index once it is in the record, leaves it when it is deleted, and comes back restored', async () => {
    const { upload, indexed, remove, restore, settled, workspaceId, its } = await gallery()
    await upload('logo')
    expect(await settled()).toBe(true)
    expect(await indexed('logo')).toMatchObject({ mediaId: 'logo', originalFileName: 'Foto.png' })
    await remove('logo')
    expect(await settled()).toBe(true)
    expect(await indexed('logo')).toBeNull()
    expect(await its().media(workspaceId, 'logo')).toMatchObject({ ok: true, value: { deletedAtMs: expect.any(Number) } })
    await restore('logo')
    expect(await settled()).toBe(true)
    expect(await indexed('logo')).toMatchObject({ mediaId: 'logo' })
    expect(await its().mediaUsage(workspaceId)).toEqual({
      ok: true,
      value: { bytes: 5, items: 1, reserved: { bytes: 0, uploads: 0 }, plan: 'STANDARD' },
    })
    expect(await its().media(workspaceId, 'none')).toMatchObject({ ok: false, error: { code: 'resource/not_found' } })
  })

  test('is the same after the object has died, and after its storage is lost', async () => {
    const { upload, remove, age, workspaceId, inspect, stub, settled, run } = await gallery()
    for (const mediaId of ['logo', 'deleted', 'purged']) await upload(mediaId)
    await upload('equal', 'hash-of-logo')
    await remove('purged')
    await age(retentionMs)
    expect(await sweep(workspaceId)).toMatchObject({ purged: 1 })
    await remove('deleted')
    await run({ kind: 'blob.release', blobIds: ['stray'] })
    expect(await settled()).toBe(true)
    const before = await inspect()
    expect(before.media.map(({ mediaId, value }) => [mediaId, value && [value.blobId, value.deletedAtMs !== undefined]])).toEqual([
      ['deleted', ['blob-of-deleted', true]],
      ['equal', ['blob-of-logo', false]],
      ['logo', ['blob-of-logo', false]],
      ['purged', null],
    ])
    expect(before.mediaUsage).toEqual({ bytes: 15, items: 3 })
    await crash(stub())
    expect(await inspect()).toEqual(before)
    await loseStorage(stub())
    expect(await inspect()).toEqual(before)
    await expect(upload('purged')).rejects.toThrow('There is, or was, a media with this id.')
    await expect(run({ kind: 'media.create', media: newMedia('new', { blobId: 'stray', sha256: 'new' }) })).rejects.toThrow('not kept')
  })

  test('is listed with who changed it, and what a sweep ends is listed as the platform’s', async () => {
    const { upload, remove, age, settled, admin, workspaceId } = await gallery()
    await upload('logo')
    await remove('logo')
    await age(retentionMs)
    await sweep(workspaceId)
    await age(orphanGraceMs)
    expect(await sweep(workspaceId)).toMatchObject({ released: 1 })
    expect(await settled()).toBe(true)
    const listed = await admin.all('/audit-records?order=asc&entity=media&entityId=logo')
    expect(listed.map(({ operation, who }) => [operation, who.subject])).toEqual([
      ['media.create', 'tester'],
      ['media.delete', 'tester'],
      ['platform/sweepMedia', 'operator'],
    ])
    expect(listed[2]).toMatchObject({ before: { mediaId: 'logo' }, after: null })
    const blobs = await admin.all('/audit-records?entity=blob')
    expect(blobs).toMatchObject([{ entity: { id: 'blob-of-logo' }, before: { size: 5 }, after: null }])
  })
})

describe('bytes', () => {
  test('of a deleted media are there to be brought back; nobody’s are deleted after a mark, a day and another look', async () => {
    const { upload, remove, age, hasBytes, settled, workspaceId, key } = await gallery()
    await upload('logo')
    await env.BYTES.put(variantKey(workspaceId, 'blob-of-logo', 'w100'), 'small')
    await remove('logo')
    await age(retentionMs - 60_000)
    expect(await sweep(workspaceId)).toMatchObject({ purged: 0, released: 0 })
    await age(60_000)
    expect(await sweep(workspaceId)).toMatchObject({ purged: 1, orphans: 1, released: 0 })
    await age(orphanGraceMs - 60_000)
    expect(await sweep(workspaceId)).toMatchObject({ released: 0 })
    expect(await settled()).toBe(true)
    expect(await hasBytes('blob-of-logo')).toBe(true)
    await age(60_000)
    expect(await sweep(workspaceId)).toMatchObject({ released: 1 })
    expect(await settled()).toBe(true)
    expect(await hasBytes('blob-of-logo')).toBe(false)
    expect((await env.BYTES.list({ prefix: key('x').split('/')[0] })).objects).toEqual([])
  })

  test('that an upload finds again between the mark and the release stay, also when the object forgets that it looked', async () => {
    const { upload, remove, age, hasBytes, settled, workspaceId, indexed, stub } = await gallery()
    await upload('logo')
    await remove('logo')
    await age(retentionMs)
    expect(await sweep(workspaceId)).toMatchObject({ purged: 1, orphans: 1 })
    await age(orphanGraceMs)
    expect(await upload('again', 'hash-of-logo')).toMatchObject({ blobId: 'blob-of-logo' })
    expect(await sweep(workspaceId)).toMatchObject({ orphans: 0, released: 0 })
    await loseStorage(stub())
    expect(await sweep(workspaceId)).toMatchObject({ orphans: 0, released: 0 })
    expect(await settled()).toBe(true)
    expect(await hasBytes('blob-of-logo')).toBe(true)
    expect(await indexed('again')).toMatchObject({ blobId: 'blob-of-logo' })
  })

  test('that an upload left behind are looked at when they are old, and deleted when they are due', async () => {
    const { its, workspaceId, age, settled, hasBytes, key, upload } = await gallery()
    await upload('logo')
    await env.BYTES.put(key('stray'), 'bytes')
    // Young: its upload may be under way.
    expect(await sweep(workspaceId)).toMatchObject({ orphans: 0 })
    expect(await its().lookAtBlobs(workspaceId, ['stray', 'blob-of-logo'], Date.now())).toEqual({ ok: true, value: ['marked', 'named'] })
    await age(orphanGraceMs)
    expect(await sweep(workspaceId)).toMatchObject({ released: 1 })
    expect(await settled()).toBe(true)
    expect([await hasBytes('stray'), await hasBytes('blob-of-logo')]).toEqual([false, true])
  })
})

describe('the alarm', () => {
  const alarmAt = (stub: DurableObjectStub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
  const sweepsIn = (held: OutboxMessage[]) => held.flatMap(({ rows }) => rows).filter(({ body }) => body.kind === 'media-sweep')

  test('asks for the sweep when it is due, once, and stands for the next', async () => {
    const workspaceId = nanoid(10)
    const held: OutboxMessage[] = []
    const stub = workspaceAt(workspaceId)
    await holdOutbox(stub, held)
    await newTenant({}, workspaceId)
    const its = objectStub<WorkspaceRpc>(env.WORKSPACE, workspaceId, env.JURISDICTION)
    const trail = { subject: 'tester', platform: 'system', requestId: 'r' } as const
    await its.execute(workspaceId, [{ command: { kind: 'media.create', media: newMedia('logo') }, trail }])
    await its.confirm(
      workspaceId,
      held.flatMap(({ rows }) => rows),
    )
    await runDurableObjectAlarm(stub)
    expect(sweepsIn(held)).toEqual([])
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec('UPDATE media_sweeps SET asked_at_ms = 0')
    })
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(sweepsIn(held)).toEqual([{ id: 'media-sweep', sequence: 0, body: { kind: 'media-sweep', after: null } }])
    expect(await alarmAt(stub)).not.toBeNull()
    await runDurableObjectAlarm(stub)
    expect(sweepsIn(held)).toHaveLength(1)
  })

  test('that was lost is set again when the object is opened', async () => {
    const { upload, settled, stub, workspaceId, its } = await gallery()
    await upload('logo')
    expect(await settled()).toBe(true)
    await runInDurableObject(stub(), (_, { storage }) => storage.deleteAlarm())
    await crash(stub())
    expect(await its().mediaUsage(workspaceId)).toMatchObject({ ok: true })
    await expect.poll(() => alarmAt(stub()), patience).not.toBeNull()
  })

  test('has what is due done, over the queue', async () => {
    const { upload, remove, age, stub, inspect } = await gallery()
    await upload('logo')
    await remove('logo')
    await age(retentionMs)
    await runDurableObjectAlarm(stub())
    await expect.poll(async () => (await inspect()).media, patience).toEqual([{ mediaId: 'logo', value: null }])
  })
})

test('verify names what differs of media, in the index and in the object, and a rebuild mends the index', async () => {
  const { upload, remove, workspaceId, settled, stub } = await gallery()
  for (const mediaId of ['altered', 'ghosted', 'misfiled', 'missing', 'right']) await upload(mediaId)
  await upload('deleted')
  await remove('deleted')
  expect(await settled()).toBe(true)
  const from = operatorOf(workspaceId)
  expect((await audit(from)).differences).toEqual([])

  const run = (statement: string, mediaId: string) =>
    env.INDEX.prepare(`${statement} WHERE workspace_id = ? AND media_id = ?`).bind(workspaceId, mediaId).run()
  await run("UPDATE media SET row = json_set(row, '$.visibility', 'private')", 'altered')
  await run("UPDATE media SET file_type = 'video'", 'misfiled')
  await run('DELETE FROM media', 'missing')
  const columns = 'updated_at_ms, incarnation, sequence, deleted, indexed_at_ms, row'
  await run(
    `INSERT INTO media (workspace_id, media_id, scope, file_type, ${columns}) SELECT workspace_id, 'ghost', scope, file_type, ${columns} FROM media`,
    'ghosted',
  )
  const beforeMs = Date.now() + 1
  const found = await audit(from)
  expect(found.differences.sort()).toEqual([
    'index, media altered: differs from the record',
    'index, media ghost: is not in the record',
    'index, media misfiled: differs from the record',
    'index, media missing: missing',
  ])
  await pruneIndex(from, 'media', found.rightRows.get('media') ?? [], beforeMs)
  await from.post('/republish')
  await throughUsers(from, '/republish/users', () => {})
  expect(await settled()).toBe(true)
  expect((await audit(from)).differences).toEqual([])

  await runInDurableObject(stub(), (_, { storage: { sql } }) => {
    sql.exec("UPDATE media SET body = json_set(body, '$.altText', 'other') WHERE media_id = 'right'")
    sql.exec("DELETE FROM blobs WHERE blob_id = 'blob-of-missing'")
    sql.exec('UPDATE media_usage SET items = items + 1')
  })
  expect((await audit(from)).differences.sort()).toEqual([
    'workspace: blob blob-of-missing: the object differs from the record',
    'workspace: media right: the object differs from the record',
    'workspace: what media take: the object differs from the record',
  ])
})
