// Room that is kept for uploads from their beginning to their end, on the real Worker: in every protocol, and whatever becomes of
// them.

import { expect, test } from 'vitest'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { newTenant, type Tenant } from './support/tenant.ts'
import { codeOf, grantFor, noise, uploadWorld, wav } from './support/uploads.ts'

const world = uploadWorld()
const type = { 'content-type': 'audio/wav' }
const gib = 1024 ** 3
const none = { bytes: 0, uploads: 0 }
let seeds = 900
const fresh = () => wav(5000, ++seeds)
const reserved = async ({ workspaceId }: Tenant) => {
  const usage = await world.services.workspace(workspaceId).mediaUsage(workspaceId)
  return usage.ok && usage.value.reserved
}
const broken = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      pull(controller) {
        if (controller.desiredSize === 1) controller.enqueue(bytes)
        else controller.error(new Error('the phone is in a tunnel'))
      },
    },
    { highWaterMark: 2 },
  )

test('room is kept from the beginning of an upload to its end, in every protocol', async () => {
  const own = await newTenant()
  const begin = (over: Partial<UploadGrant> = {}) => {
    const url = `/uploads/v1/${world.grants.seal(grantFor(own.workspaceId, { size: gib, ...over }))}`
    return { url, begun: world.ask('POST', `${url}/multipart`) }
  }
  const tus = { 'tus-resumable': '1.0.0', 'upload-length': String(gib) }
  const all = Array.from({ length: 51 }, () => begin())
  const codes = (await Promise.all(all.map(({ begun }) => begun))).map(codeOf)
  expect(codes.filter((code) => code === '201')).toHaveLength(50)
  expect(codes.filter((code) => code !== '201')).toEqual(['400 business:precondition_failed'])
  expect(await reserved(own)).toEqual({ bytes: 50 * gib, uploads: 50 })
  const byTus = `/uploads/v1/${world.grants.seal(grantFor(own.workspaceId, { size: gib }))}/tus`
  expect((await world.ask('POST', byTus, null, tus)).status).toBe(400)
  const small = `/uploads/v1/${world.grants.seal(grantFor(own.workspaceId))}`
  expect(codeOf(await world.ask('PUT', small, fresh(), type))).toBe('400 business:precondition_failed')
  // Begun again it needs no more, and ended it leaves room for another.
  const first = all[codes.indexOf('201')]?.url
  expect((await world.ask('POST', `${first}/multipart`)).status).toBe(200)
  for (let i = 0; i < 2; i++) expect((await world.ask('DELETE', `${first}/multipart`)).status).toBe(204)
  expect(await reserved(own)).toEqual({ bytes: 49 * gib, uploads: 49 })
  expect((await world.ask('POST', byTus, null, tus)).status).toBe(201)
  expect(await reserved(own)).toEqual({ bytes: 50 * gib, uploads: 50 })
})

test('room is given back by what was refused, what broke off, and what became a media', async () => {
  const own = await newTenant()
  const url = () => `/uploads/v1/${world.grants.seal(grantFor(own.workspaceId))}`
  const bytes = fresh()
  const noR2 = { put: () => Promise.reject(new Error('R2 is down')), beginMultipart: () => Promise.reject(new Error('R2 is down')) }
  const down = uploadWorld({}, ({ blobs }) => ({ blobs: { ...blobs, ...noR2 } }))
  expect((await world.ask('PUT', url(), noise(5000), type)).status).toBe(400)
  expect((await world.ask('PUT', url(), broken(bytes.slice(0, 4000)), type)).status).toBe(400)
  expect((await down.ask('PUT', url(), bytes, type)).status).toBe(503)
  expect((await down.ask('POST', `${url()}/multipart`)).status).toBe(503)
  expect(await reserved(own)).toEqual(none)
  expect((await world.ask('PUT', url(), bytes, type)).status).toBe(201)
  const inParts = `${url()}/multipart`
  expect((await world.ask('POST', inParts)).status).toBe(201)
  expect(await reserved(own)).toEqual({ bytes: 5000, uploads: 1 })
  expect((await world.ask('PUT', `${inParts}/1`, fresh())).status).toBe(200)
  expect((await world.ask('POST', `${inParts}/complete`)).status).toBe(201)
  expect(await reserved(own)).toEqual(none)
})
