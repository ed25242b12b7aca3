// The object of an upload: what it forgets, and that what it left in the bucket is swept.

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { UploadGrant } from '../../domain/media/grant.ts'
import type { OutboxMessage } from '../../domain/outbox.ts'
import { type UploadRpc, uploadName } from '../../durable-objects/upload/rpc.ts'
import { partsLiveMs } from '../../durable-objects/upload/upload-life.ts'
import { blobKey, tailKey } from '../../r2/keys.ts'
import { consumeOutbox } from '../../workers/consumers/outbox.ts'
import { holdOutbox } from './support/objects.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import { grantFor, stored, uploadWorld, wav } from './support/uploads.ts'

const world = uploadWorld()
const bucket = (env as unknown as Env).BYTES
let tenant: Tenant
beforeAll(async () => {
  tenant = await newTenant()
})
afterEach(() => void vi.useRealTimers())

const newGrant = () => grantFor(tenant.workspaceId)
const at = ({ workspaceId, uploadId }: Pick<UploadGrant, 'workspaceId' | 'uploadId'>) =>
  (env as unknown as Env).UPLOAD.get((env as unknown as Env).UPLOAD.idFromName(uploadName(workspaceId, uploadId)))
const rpcOf = (grant: UploadGrant) => at(grant) as unknown as UploadRpc

/** What lies in the object's storage, and whether an alarm is set. */
const keptBy = (grant: Pick<UploadGrant, 'workspaceId' | 'uploadId'>) =>
  runInDurableObject(at(grant), async (_, { storage }) => ({
    keys: [...storage.kv.list()].map(([key]) => key),
    alarm: await storage.getAlarm(),
  }))
const nothing = { keys: [], alarm: null }

/** The queue as the Worker consumes it, one message. */
async function consume(body: OutboxMessage): Promise<'ack' | 'retry'> {
  const outcomes: ('ack' | 'retry')[] = []
  const queued = { body, ack: () => void outcomes.push('ack'), retry: () => void outcomes.push('retry') }
  await consumeOutbox({ services: world.services, log: () => {} }, [queued])
  return outcomes[0] ?? 'retry'
}

test('whatever is asked of an upload that was never begun leaves nothing behind', async () => {
  const grant = newGrant()
  const rpc = rpcOf(grant)
  const missing = { ok: false, error: { code: 'resource/not_found' } }
  expect(await rpc.state()).toMatchObject(missing)
  expect(await rpc.admit('tus')).toMatchObject(missing)
  expect(await rpc.noteBlob('b')).toMatchObject(missing)
  expect(await rpc.beginPart({ partNumber: 1, attempt: 'a' })).toMatchObject(missing)
  expect(await rpc.notePart({ partNumber: 1, etag: 'e', size: 1 }, 'a')).toMatchObject(missing)
  expect(await rpc.assembled()).toMatchObject(missing)
  expect(await rpc.checked({ blobId: 'b', sha256: 'h' })).toMatchObject(missing)
  expect(await rpc.advance(0, 1, [], false)).toBe(false)
  expect(await rpc.hold('holder', 1000)).toEqual({ isHeld: true, isWanted: false })
  expect(await rpc.open({ ...grant, expiresAtMs: 0 }, 'single', null)).toMatchObject({ ok: false, error: { code: 'auth/expired_token' } })
  await rpc.release('holder')
  await rpc.forgetBlob('b')
  await rpc.end()
  await rpc.swept(['b'])
  expect(await rpc.leftovers()).toMatchObject({ blobIds: [], isOver: true })
  expect(await keptBy(grant)).toEqual(nothing)
})

test('invented and expired URLs leave no object behind', async () => {
  const grant = { ...newGrant(), expiresAtMs: Date.now() }
  const url = `/uploads/v1/${world.grants.seal(grant)}`
  const bytes = wav(5000)
  expect((await world.ask('PUT', url, bytes, { 'content-type': 'audio/wav' })).status).toBe(401)
  for (const [method, path] of [
    ['POST', '/multipart'],
    ['GET', '/multipart'],
    ['PUT', '/multipart/1'],
    ['POST', '/multipart/complete'],
    ['DELETE', '/multipart'],
    ['POST', '/tus'],
    ['HEAD', '/tus/upload'],
    ['PATCH', '/tus/upload'],
    ['DELETE', '/tus/upload'],
  ] as const) {
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-length': '5000',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    }
    const { status } = await world.ask(method, url + path, method === 'PUT' || method === 'PATCH' ? bytes : null, headers)
    expect(status, `${method} ${path}`).toBe(path === '/multipart' && method === 'DELETE' ? 204 : 401)
  }
  expect(await keptBy(grant)).toEqual(nothing)
})

test('an upload that is given up is swept, and then forgotten', async () => {
  const grant = newGrant()
  const held: OutboxMessage[] = []
  await holdOutbox(at(grant) as unknown as DurableObjectStub, held)
  const url = `/uploads/v1/${world.grants.seal(grant)}/tus`
  const tus = { 'tus-resumable': '1.0.0', 'upload-length': '5000', 'content-type': 'application/offset+octet-stream' }
  await world.ask('POST', url, wav(5000).subarray(0, 1000), tus)
  const { blobIds, multipart } = await rpcOf(grant).leftovers()
  // Left by a request that died: bytes that were put together, and a tail that was not deleted.
  await bucket.put(blobKey(grant.workspaceId, blobIds[0] ?? ''), 'x')
  await bucket.put(tailKey(grant.workspaceId, grant.uploadId, 7), 'x')
  expect(await stored(tenant.workspaceId)).toHaveLength(3)
  expect((await keptBy(grant)).alarm).toBeGreaterThan(Date.now() + partsLiveMs - 60_000)

  const overMs = Date.now() + partsLiveMs + 1000
  vi.useFakeTimers({ toFake: ['Date'], now: overMs })
  // The queue may lose it: it is sent again.
  expect([await runDurableObjectAlarm(at(grant)), await runDurableObjectAlarm(at(grant))]).toEqual([true, true])
  expect(held.map(({ rows }) => rows.map(({ body }) => body))).toEqual(Array(2).fill([{ kind: 'upload-sweep', uploadId: grant.uploadId }]))
  expect(held[0]).toMatchObject({ version: 1, workspaceId: grant.workspaceId })
  const aborted = vi.spyOn(world.services.blobs, 'abortMultipart')
  expect([await consume(held[0] as OutboxMessage), await consume(held[1] as OutboxMessage)]).toEqual(['ack', 'ack'])
  expect(aborted).toHaveBeenCalledWith(blobKey(grant.workspaceId, multipart?.blobId ?? ''), multipart?.r2UploadId)
  vi.useRealTimers()
  await expect.poll(() => stored(tenant.workspaceId)).toEqual([])
  expect((await rpcOf(grant).leftovers()).blobIds).toEqual([])

  vi.useFakeTimers({ toFake: ['Date'], now: overMs })
  expect(await runDurableObjectAlarm(at(grant))).toBe(true)
  expect(held).toHaveLength(2)
  expect(await keptBy(grant)).toEqual(nothing)
})

test('what a media was made of stays, and what was begun beside it goes', async () => {
  const grant = newGrant()
  const held: OutboxMessage[] = []
  await holdOutbox(at(grant) as unknown as DurableObjectStub, held)
  // By a request that died.
  await rpcOf(grant).open(grant, 'single', null)
  await rpcOf(grant).noteBlob('left-behind')
  const put = await world.ask('PUT', `/uploads/v1/${world.grants.seal(grant)}`, wav(5000), { 'content-type': 'audio/wav' })
  const key: string = put.body.key
  await bucket.put(blobKey(grant.workspaceId, 'left-behind'), 'x')
  expect(await runDurableObjectAlarm(at(grant))).toBe(true)
  expect(await consume(held[0] as OutboxMessage)).toBe('ack')
  await expect.poll(() => stored(tenant.workspaceId)).toEqual([key.slice(tenant.workspaceId.length + 1)])
  // It is remembered for another day, for who did not get the answer.
  expect(await runDurableObjectAlarm(at(grant))).toBe(true)
  expect(await rpcOf(grant).state()).toMatchObject({ ok: true, value: { status: 'done', media: { mediaId: grant.mediaId } } })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 3_600_000 })
  expect(await runDurableObjectAlarm(at(grant))).toBe(true)
  expect([await keptBy(grant), held.length]).toEqual([nothing, 1])
})

test('a queue that refuses is asked again', async () => {
  const grant = newGrant()
  let refusals = 0
  await runInDurableObject(at(grant), (instance) => {
    const object = instance as unknown as { env: Env }
    const send = async () => {
      refusals += 1
      throw new Error('the queue is full')
    }
    object.env = Object.assign(Object.create(object.env), { OUTBOX: { send } })
  })
  await rpcOf(grant).open(grant, 'multipart', { blobId: 'b', r2UploadId: null, partSize: 5 })
  await rpcOf(grant).end()
  expect([await runDurableObjectAlarm(at(grant)), await runDurableObjectAlarm(at(grant)), refusals]).toEqual([true, true, 2])
  expect((await keptBy(grant)).alarm).not.toBeNull()
})

test('the same URL, once its object has forgotten it, still makes one media', async () => {
  const grant = newGrant()
  const url = `/uploads/v1/${world.grants.seal(grant)}`
  const bytes = wav(5000, 9)
  const first = await world.ask('PUT', url, bytes, { 'content-type': 'audio/wav' })
  const kept = await stored(tenant.workspaceId)
  await runInDurableObject(at(grant), (_, { storage }) => storage.deleteAll())
  const again = await world.ask('PUT', url, bytes, { 'content-type': 'audio/wav' })
  expect([again.status, again.body]).toEqual([201, first.body])
  expect(await stored(tenant.workspaceId)).toEqual(kept)
  await runInDurableObject(at(grant), (_, { storage }) => storage.deleteAll())
  const other = await world.ask('PUT', url, wav(5000, 10), { 'content-type': 'audio/wav' })
  expect(other.status).toBe(409)
  expect(await stored(tenant.workspaceId)).toEqual(kept)
})
