// The question for an upload URL: what it may ask for, what is refused early, and that nothing is written for it.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { mediaLimitsOf } from '../../domain/media/limits.ts'
import { type LocalD1, localD1 } from '../unit/d1/local-d1.ts'
import { doors } from '../unit/edge/doors.ts'
import { assertContract } from './contract.ts'
import { uploaded } from './uploaded-media.ts'
import { type DashboardWorld, dashboardWorld } from './world.ts'

let d1: LocalD1
let world: DashboardWorld
beforeAll(async () => {
  d1 = await localD1()
})
afterAll(() => d1.dispose())
beforeEach(async () => {
  world = dashboardWorld(d1.database)
  for (const workspaceId of ['workspace1', 'workspace2']) await world.foundWorkspace(workspaceId)
})

async function expectAnswer(operation: string, status: number, call: Promise<Awaited<ReturnType<DashboardWorld['call']>>>) {
  const answer = await call
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  if (status < 300) assertContract('dashboard', operation, status, answer.body)
  return answer.body
}

describe('an upload URL', () => {
  const query = { contentType: 'image/png', fileName: '夕日.png', fileSize: '1000', fileType: 'image' }
  const ask = (more: Record<string, string> = {}, claims = {}) =>
    world.call('GET', `/media/upload-url?${new URLSearchParams({ ...query, ...more })}`, undefined, claims)
  const grantIn = (uploadUrl: string) => {
    const [, grant = ''] = /^http:\/\/laurel\.test\/uploads\/v1\/([\w-]+)$/.exec(uploadUrl) ?? []
    const opened = doors.uploadGrants.open(grant)
    if (!opened.ok) throw new Error(`no grant: ${uploadUrl}`)
    return opened.value
  }

  it('says what may come, and writes nothing', async () => {
    const commits = world.workspaceAt('workspace1').log.commits.length
    const answer = await expectAnswer('media/getUploadUrl', 200, ask({}, { userId: 'ada' }))
    expect(answer).toMatchObject({
      mediaId: expect.stringMatching(/^[\w-]+$/),
      expiresIn: 3600,
      metadataHeaders: { 'content-type': 'image/png' },
    })
    expect(grantIn(answer.uploadUrl)).toEqual({
      uploadId: expect.any(String),
      workspaceId: 'workspace1',
      accountId: 'account001',
      mediaId: answer.mediaId,
      originalFileName: '夕日.png',
      contentType: 'image/png',
      fileType: 'image',
      scope: 'workspace',
      visibility: 'public',
      size: 1000,
      expiresAtMs: world.now() + 3_600_000,
      by: { subject: 'someone', platform: 'web', userId: 'ada', context: 'dashboard', role: 'admin', scopes: [] },
    })
    // Whoever sees the URL learns nothing of whose it is.
    const grant = Buffer.from(answer.uploadUrl.split('/').at(-1), 'base64url').toString('latin1')
    for (const told of ['ada', 'someone', 'account001', 'workspace1', 'png']) expect(grant + answer.uploadUrl).not.toContain(told)
    const again = await expectAnswer('media/getUploadUrl', 200, ask())
    expect(again.mediaId).not.toBe(answer.mediaId)
    expect(world.workspaceAt('workspace1').log.commits).toHaveLength(commits)
  })

  it('begins with the configured origin, whatever host the request names', async () => {
    const token = Buffer.from(
      JSON.stringify({
        sub: 's',
        workspaceId: 'workspace1',
        accountId: 'account001',
        context: 'dashboard',
        platform: 'web',
        role: 'editor',
      }),
    ).toString('base64url')
    const path = `/dashboard/v1/media/upload-url?${new URLSearchParams(query)}`
    for (const host of ['laurel.test', 'evil.test', 'laurel.test:8080']) {
      const headers = { authorization: `Bearer ${token}`, host: 'evil.test', 'x-forwarded-host': 'evil.test' }
      const answer = await world.app.request(`http://${host}${path}`, { headers })
      const { uploadUrl } = (await answer.json()) as { uploadUrl: string }
      expect(uploadUrl).toMatch(/^http:\/\/laurel\.test\/uploads/)
    }
  })

  it('takes an id, a shelf, a visibility, a checksum and a time', async () => {
    const digest = createHash('sha256').update('a').digest()
    for (const checksumSha256 of [digest.toString('hex'), digest.toString('base64'), digest.toString('base64url')]) {
      const more = { mediaId: 'my-own_1', scope: 'common', visibility: 'private', checksumSha256, expiresIn: '604800', fileType: 'other' }
      const answer = await expectAnswer('media/getUploadUrl', 200, ask(more))
      expect(answer).toMatchObject({
        mediaId: 'my-own_1',
        expiresIn: 604_800,
        metadataHeaders: { 'content-digest': `sha-256=:${digest.toString('base64')}:` },
      })
      expect(grantIn(answer.uploadUrl)).toMatchObject({
        mediaId: 'my-own_1',
        scope: 'common',
        visibility: 'private',
        sha256: digest.toString('base64url'),
        fileType: 'other',
        expiresAtMs: world.now() + 604_800_000,
      })
    }
  })

  it.each([
    ['104857600', 3600],
    ['104857601', 86_400],
    ['0', 3600],
  ])('for %s bytes lives %i seconds', async (fileSize, expiresIn) => {
    expect((await ask({ fileSize })).body).toMatchObject({ expiresIn })
  })

  it('is refused early for what could never be taken, naming the parameter', async () => {
    const { fileBytes } = mediaLimitsOf('STANDARD')
    for (const [parameter, values] of Object.entries({
      contentType: ['', 'image/PNG', 'text/html', 'image/svg xml', 'image/png; charset=utf-8'],
      fileName: ['', '..', 'a/b', 'a\\b', 'a\u0000', 'a\nb', 'x'.repeat(256)],
      fileSize: ['', '-1', '1.5', '1e3', '01', '+1', ' 1', '0x1', '1000.0', '9'.repeat(16), String(fileBytes + 1)],
      fileType: ['', 'Image', 'video'],
      mediaId: ['', 'a/b', '..', 'ü', 'x'.repeat(65), 'export', 'upload-url'],
      scope: ['', 'global'],
      visibility: ['', 'Public'],
      checksumSha256: ['', 'x', 'A'.repeat(42), 'B'.repeat(43), 'g'.repeat(64)],
      expiresIn: ['', '0', '604801', '1.5'],
    }))
      for (const value of values) {
        const answer = await ask({ [parameter]: value })
        expect([answer.status, answer.body.errors?.[0].parameter], `${parameter}=${value}`).toEqual([400, parameter])
      }
    for (const parameter of Object.keys(query)) {
      const { [parameter as keyof typeof query]: _, ...rest } = query
      const answer = await world.call('GET', `/media/upload-url?${new URLSearchParams(rest)}`)
      expect([answer.status, answer.body.errors[0].parameter]).toEqual([400, parameter])
    }
    expect((await ask({ fileSize: String(fileBytes) })).status).toBe(200)
  })

  it('is refused for an id that is taken, by a deleted media too', async () => {
    await uploaded(world, 'sunset')
    const refused = async () => {
      const { body } = { body: await expectAnswer('', 409, ask({ mediaId: 'sunset', scope: 'common' })) }
      expect(body).toMatchObject({ code: 'resource/already_exists', errors: [{ parameter: 'mediaId' }] })
      expect(body.detail).toMatch(/bytes of a media never change/)
    }
    await refused()
    await world.call('DELETE', '/media/sunset')
    await refused()
    expect((await ask({ mediaId: 'sunset' }, { workspaceId: 'workspace2' })).status).toBe(200)
  })

  it('is refused where the plan has no room left', async () => {
    const { totalBytes } = mediaLimitsOf('STANDARD')
    // No file of a plan is that large; the decision is not this test's.
    await uploaded(world, 'huge', { size: 0 })
    const workspace = world.workspaceAt('workspace1')
    const { view } = workspace.tables
    const usage = view.mediaUsage
    view.mediaUsage = () => ({ bytes: totalBytes - 999, items: 1 })
    const answer = await expectAnswer('', 400, ask())
    expect(answer).toMatchObject({ code: 'business/precondition_failed', detail: expect.stringMatching(String(totalBytes)) })
    expect((await ask({ fileSize: '999' })).status).toBe(200)
    view.mediaUsage = () => ({ bytes: 0, items: mediaLimitsOf('STANDARD').items })
    expect((await ask({ fileSize: '0' })).body.code).toBe('business/precondition_failed')
    view.mediaUsage = usage
  })

  it('is for those who may write', async () => {
    for (const role of ['member', 'viewer'] as const) expect((await ask({}, { role })).status).toBe(403)
    expect((await ask({}, { role: 'editor' })).status).toBe(200)
    const machine = { platform: 'm2m', role: 'admin' } as const
    expect((await ask({}, { ...machine, scope: 'dashboard/read' })).status).toBe(403)
    expect((await ask({}, { ...machine, scope: 'dashboard/write' })).status).toBe(200)
  })
})
