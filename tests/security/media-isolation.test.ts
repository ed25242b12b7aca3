// Routes of bytes are open to anyone, so what keeps a workspace's bytes is what a URL says: ids, a signature, a grant. For
// every such route there is: other ids, other signatures, other grants, swapped, tampered with, expired; paths that climb,
// plainly, encoded and twice encoded. Never a byte or a name of theirs, never a 5xx, and afterwards everything is there as
// it was, and nothing else.

import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Maker } from '../../domain/identity.ts'
import type { UploadGrant } from '../../domain/media/grant.ts'
import { byteCases } from './support/cases-bytes.ts'
import { bytesOf } from './support/furnish-media.ts'
import { grantFor, uploadedText } from './support/furnish-uploads.ts'
import { climbing, forgedGrants } from './support/hostile-urls.ts'
import { expectProblem } from './support/problems.ts'
import { essence, type Known, knownRoutes, nameOf, routes } from './support/routes.ts'
import { decidedIn, stateOf } from './support/state.ts'
import { must, nowhere, type Tenant, tenant } from './support/tenants.ts'
import { signed } from './support/tokens.ts'
import { type Answer, type Ask, securityWorld } from './support/world.ts'

const world = securityWorld()
const { mediaLinks } = world.edge
const reader = { subject: 'somebody', context: 'app', platform: 'web', role: 'member', scopes: [] } satisfies Maker
const nobodys = nowhere()
let ours: Tenant
let theirs: Tenant
let before: unknown
let tokens: Record<string, string | null>

beforeAll(async () => {
  ours = await tenant(world)
  theirs = await tenant(world)
  await begun(theirs)
  before = await allOf(theirs)
  tokens = {
    nobody: null,
    person: await signed(ours.person),
    owner: await signed(ours.owner),
    machine: await signed({ ...ours.machine, context: 'app' }),
  }
}, 60_000)

const tus = { 'tus-resumable': '1.0.0' }

/** A part of one upload is there, and some bytes of another. */
async function begun({ things }: Tenant): Promise<void> {
  const part = `/uploads/v1/${grantFor(things, 'parts')}/multipart/1`
  await must(world, { method: 'PUT', path: part, raw: uploadedText })
  const headers = { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' }
  await must(world, { method: 'PATCH', path: `/uploads/v1/${grantFor(things, 'tus')}/tus/upload`, raw: uploadedText.slice(0, 5), headers })
}

/** What there is of a workspace, down to the objects in the bucket and the uploads that are under way. */
async function allOf(whose: Tenant): Promise<unknown> {
  const state = await stateOf(world, whose)
  const parts = await must(world, { path: `/uploads/v1/${grantFor(whose.things, 'parts')}/multipart` })
  const offset = await must(world, {
    path: `/uploads/v1/${grantFor(whose.things, 'tus')}/tus/upload`,
    headers: tus,
  })
  return { state, parts: parts.json, offset: offset.headers.get('upload-offset'), bucket: await keysOf(whose) }
}

async function keysOf({ workspaceId }: Tenant): Promise<string[]> {
  const { objects } = await (env as unknown as Env).BYTES.list({ prefix: `${workspaceId}/` })
  return objects.map(({ key, etag, uploaded }) => `${key} ${etag} ${uploaded.getTime()}`)
}

const deliveries = knownRoutes.filter(({ route }) => route.api === 'media')
const uploads = knownRoutes.filter(({ route }) => route.api === 'uploads')

test('every route of bytes has a case, and so is attacked below', () => {
  const all = routes.filter(({ api }) => api === 'media' || api === 'uploads').map(nameOf)
  expect([...deliveries, ...uploads].map(({ name }) => name).sort()).toEqual([...all].sort())
  expect(Object.keys(byteCases).sort()).toEqual([...all].sort())
  // What is put into their paths below is all that there is to put into.
  for (const { route } of deliveries) expect(route.fullPath).toMatch(/^\/media\/:workspaceId\/:mediaId(\/:file)?$/)
  for (const { route } of uploads) expect(route.fullPath).toMatch(/^\/uploads\/v1\/:grant(?![^/])/)
})

/** Refused, with no word of theirs but what the request itself said. */
function expectNothing({ status, headers, json, text }: Answer, what: unknown): void {
  const { path: _path, ...said } = json ?? {}
  const told = json === undefined ? text : JSON.stringify(said)
  const fields = JSON.stringify([...headers])
  const { marker, privateMediaId } = theirs.things
  const seen = { what, isRefused: status >= 400 && status < 500, marker: told.includes(marker) || fields.includes(marker) }
  expect(seen).toEqual({ what, isRefused: true, marker: false })
  expect(told).not.toContain(bytesOf(privateMediaId))
  expectProblem({ status, headers, json, text }, what)
}

describe.each(deliveries)('$name', ({ route }) => {
  const isNamed = route.fullPath.endsWith('/:file')
  const pathOf = (workspaceId: string, mediaId: string, query = '') => `/media/${workspaceId}/${mediaId}${isNamed ? '/a.txt' : ''}${query}`
  const link = (whose: Tenant, mediaId: string, forMs = 60_000) =>
    mediaLinks.sign({ workspaceId: whose.workspaceId, mediaId }, reader, Date.now() + forMs)

  test('shows a public media to anyone, and a private one to its own', async () => {
    const { mediaId, privateMediaId } = ours.things
    expect((await world.ask({ path: pathOf(ours.workspaceId, mediaId) })).text).toBe(bytesOf(mediaId))
    for (const token of [tokens.person, tokens.owner, tokens.machine])
      expect((await world.ask({ path: pathOf(ours.workspaceId, privateMediaId), token })).text).toBe(bytesOf(privateMediaId))
    const signedPath = pathOf(ours.workspaceId, privateMediaId, `?${link(ours, privateMediaId)}`)
    expect((await world.ask({ path: signedPath })).text).toBe(bytesOf(privateMediaId))
  })

  test('finds nothing of theirs for a token of ours: what is private there is as what is nowhere', async () => {
    for (const [who, token] of Object.entries(tokens).filter(([, token]) => token !== null))
      for (const method of ['GET', 'HEAD']) {
        const asking = async (workspaceId: string, mediaId: string, headers?: Record<string, string>) =>
          world.ask({ method, path: pathOf(workspaceId, mediaId), token, ...(headers && { headers }) })
        const foreign = await asking(theirs.workspaceId, theirs.things.privateMediaId)
        for (const absent of [await asking(theirs.workspaceId, 'nothing'), await asking(nobodys.marker, nobodys.privateMediaId)])
          expect(essence(foreign)).toEqual(essence(absent))
        expect([who, foreign.status]).toEqual([who, 404])
        if (method === 'GET') expectNothing(foreign, who)
      }
    const asTheirUser = await world.ask({
      path: pathOf(theirs.workspaceId, theirs.things.privateMediaId),
      token: tokens.machine,
      headers: { 'x-user-id': theirs.things.userId },
    })
    expectNothing(asTheirUser, 'a machine that names their user')
  })

  test('takes no signature but the one for this media, in this workspace, in time', async () => {
    const { privateMediaId } = theirs.things
    const good = link(theirs, privateMediaId)
    const [, expires = '', signature = ''] = /^expires=(\d+)&signature=(.+)$/.exec(good) ?? []
    const other = signature.startsWith('A') ? 'B' : 'A'
    const page = await must(world, { path: '/dashboard/v1/media?limit=1', token: tokens.owner })
    const [payload = '', ofPage = ''] = page.json.nextToken.split('.')
    const ofGrant = grantFor(theirs.things, 'parts')
    const bad: Record<string, string> = {
      'for a media of ours': link(ours, ours.things.privateMediaId),
      'for this id in our workspace': link(ours, privateMediaId),
      'for another media of theirs': link(theirs, theirs.things.mediaId),
      'that is over': link(theirs, privateMediaId, -60_000),
      'for another time': `expires=${Number(expires) + 1}&signature=${signature}`,
      'for a time in another spelling': `expires=0${expires}&signature=${signature}`,
      'for no time': `signature=${signature}`,
      'with another first character': `expires=${expires}&signature=${other}${signature.slice(1)}`,
      'with a character more': `expires=${expires}&signature=${signature}A`,
      'that is cut': `expires=${expires}&signature=${signature.slice(0, -1)}`,
      'that is padded': `expires=${expires}&signature=${signature}%3D`,
      'with a NUL': `expires=${expires}&signature=${signature}%00`,
      'that is missing': `expires=${expires}`,
      'that is empty': `expires=${expires}&signature=`,
      'of a page': `expires=${expires}&signature=${ofPage}`,
      'of a page, with what it is of': `expires=${payload}&signature=${ofPage}`,
      'of a grant': `expires=${expires}&signature=${ofGrant}`,
      'twice encoded': `expires=${expires}&signature=${encodeURIComponent(encodeURIComponent(`${signature}%`))}`,
      'far too long': `expires=${expires}&signature=${'A'.repeat(10_000)}`,
    }
    expect((await world.ask({ path: pathOf(theirs.workspaceId, privateMediaId, `?${good}`) })).text).toBe(bytesOf(privateMediaId))
    for (const [what, query] of Object.entries(bad)) {
      const answer = await world.ask({ path: pathOf(theirs.workspaceId, privateMediaId, `?${query}`) })
      expectNothing(answer, what)
      expect({ what, status: answer.status }).toEqual({ what, status: 401 })
    }
    // A signature opens no other door: with it, a token of ours still finds nothing there, nor does our own id in their place.
    expectNothing(
      await world.ask({ path: pathOf(ours.workspaceId, privateMediaId, `?${good}`) }),
      'their id and signature in our workspace',
    )
    const withToken = await world.ask({ path: pathOf(theirs.workspaceId, privateMediaId), token: tokens.owner, headers: { cookie: good } })
    expectNothing(withToken, 'their signature in a cookie')
  })

  test('says of theirs what it says of ours, where nobody says who they are', async () => {
    const asking = async ({ workspaceId, things }: Tenant) => world.ask({ path: pathOf(workspaceId, things.privateMediaId) })
    const [foreign, own] = [await asking(theirs), await asking(ours)]
    expect(essence(foreign)).toEqual(essence(own))
    expect(foreign.status).toBe(401)
    expectNothing(foreign, 'nobody')
  })

  test('is not climbed out of: no path leads to what is private there, nor into the bucket', async () => {
    const { workspaceId, things } = theirs
    const { objects } = await (env as unknown as Env).BYTES.list({ prefix: `${workspaceId}/` })
    const targets = [`${workspaceId}/${things.privateMediaId}`, ...objects.map(({ key }) => key)]
    const file = isNamed ? '/a.txt' : ''
    for (const target of targets)
      for (const path of climbing(target, ours.workspaceId, ours.things.mediaId))
        for (const token of [null, tokens.owner ?? null])
          expectNothing(await world.ask({ path: `/media/${path}${file}`, token }), path.slice(0, 100))
  })
})

const askOf = ({ route, known }: Known, grant: string): Ask => ({
  method: route.method,
  path: route.fullPath.replace(':grant', grant).replace(':partNumber', '1'),
  ...(known.bytes?.raw !== undefined && { raw: known.bytes.raw }),
  headers: { ...known.bytes?.headers },
})

/** What is not there has ended already. */
const isEndedBy = ({ name }: Known): boolean => name === 'DELETE /uploads/v1/:grant/multipart'

describe.each(uploads)('$name', (one) => {
  const refused = async (what: string, grant: string, statuses: number[]) => {
    const answer = await world.ask(askOf(one, grant))
    expectNothing(answer, what)
    expect({ what, status: answer.status }).toEqual({ what, status: expect.toSatisfy((status: number) => statuses.includes(status)) })
  }

  test('takes no grant that was not signed for it', async () => {
    const decided = [await decidedIn(ours), await decidedIn(theirs)]
    const link = mediaLinks.sign({ workspaceId: theirs.workspaceId, mediaId: 'x' }, reader, Date.now() + 60_000)
    const signatures = [link.split('signature=')[1] ?? '', (await signed(theirs.owner)).split('.')[2] ?? '']
    const good = { ours: grantFor(ours.things, 'parts'), theirs: grantFor(theirs.things, 'parts') }
    for (const [what, grant] of Object.entries(forgedGrants(good, signatures))) await refused(what, grant, [400, 401, 404, 405])
    expect([await decidedIn(ours), await decidedIn(theirs)]).toEqual(decided)
  })

  test('takes no grant that is over, nor one of a workspace that is not there or is somebody else’s', async () => {
    const which = 'never-begun'
    const over = grantFor(theirs.things, which, { expiresAtMs: Date.now() - 1 })
    if (isEndedBy(one)) expect((await world.ask(askOf(one, over))).status).toBe(204)
    else await refused('over', over, [401])
    await refused('of another account', grantFor(theirs.things, which, { accountId: 'securityB2' }), [404])
    await refused('of no workspace', grantFor(nobodys, which), [404])
  })
})

test('an upload of theirs is none of ours, though a grant of ours has its id', async () => {
  const ids = ['parts', 'tus', 'doomed-parts', 'doomed-tus'].map((which) => `${which}-${theirs.things.marker}`)
  const grant = (uploadId: string) => grantFor(ours.things, 'same', { uploadId, mediaId: `ours-${uploadId}` })
  const begin = ['PUT /uploads/v1/:grant', 'POST /uploads/v1/:grant/multipart', 'POST /uploads/v1/:grant/tus']
  for (const one of uploads.filter(({ name }) => !begin.includes(name)))
    for (const id of ids) {
      const answer = await world.ask(askOf(one, grant(id)))
      expect({ name: one.name, id, status: answer.status }).toEqual({ name: one.name, id, status: isEndedBy(one) ? 204 : 404 })
    }
  const [parts = '', tusUpload = ''] = ids
  const own = await must(world, { method: 'POST', path: `/uploads/v1/${grant(parts)}/multipart` })
  expect([own.status, own.json.parts]).toEqual([201, []])
  const length = String(uploadedText.length)
  await must(world, { method: 'POST', path: `/uploads/v1/${grant(tusUpload)}/tus`, headers: { ...tus, 'upload-length': length } })
  const offset = await must(world, { path: `/uploads/v1/${grant(tusUpload)}/tus/upload`, headers: tus })
  expect(offset.headers.get('upload-offset')).toBe('0')
})

test('bytes that they have are as new to us as any', async () => {
  const raw = bytesOf(theirs.things.privateMediaId)
  const keys = await keysOf(ours)
  const ask = (which: string, text: string): Ask => ({
    method: 'PUT',
    path: `/uploads/v1/${grantFor(ours.things, which, { size: text.length })}`,
    raw: text,
    headers: { 'content-type': 'text/plain' },
  })
  const [same, other] = [await world.ask(ask('same-bytes', raw)), await world.ask(ask('other-bytes', raw.replace('.', '!')))]
  expect([same.status, other.status]).toEqual([201, 201])
  expect(same.json.key).toMatch(new RegExp(`^${ours.workspaceId}/blobs/`))
  expect(Object.keys(same.json)).toEqual(Object.keys(other.json))
  expect((await keysOf(ours)).length).toBe(keys.length + 2)
})

test('an id that they have is ours to choose, and is another media', async () => {
  const { mediaId } = theirs.things
  const path = `/uploads/v1/${grantFor(ours.things, 'their-id', { mediaId, visibility: 'public' })}`
  const made = await world.ask({ method: 'PUT', path, raw: uploadedText, headers: { 'content-type': 'text/plain' } })
  expect(made.status).toBe(201)
  expect((await world.ask({ path: `/media/${ours.workspaceId}/${mediaId}` })).text).toBe(uploadedText)
  expect((await world.ask({ path: `/media/${theirs.workspaceId}/${mediaId}` })).text).toBe(bytesOf(mediaId))
})

describe('what a grant does not say leaves nothing', () => {
  const put = (over: Partial<UploadGrant>, more: Partial<Ask> = {}): Ask => ({
    method: 'PUT',
    path: `/uploads/v1/${grantFor(ours.things, 'refused', over)}`,
    raw: uploadedText,
    headers: { 'content-type': 'text/plain' },
    ...more,
  })
  test.each<[what: string, over: Partial<UploadGrant>, more: Partial<Ask>, status: number]>([
    ['bytes too few', { size: uploadedText.length + 1 }, {}, 400],
    ['bytes too many', { size: uploadedText.length - 1 }, {}, 413],
    ['other bytes', { sha256: 'A'.repeat(43) }, {}, 400],
    ['another type', { contentType: 'image/png', fileType: 'image' }, {}, 415],
    ['content of another type', { contentType: 'image/png', fileType: 'image' }, { headers: { 'content-type': 'image/png' } }, 400],
    ['an id that is taken', { mediaId: '' }, {}, 409],
  ])('%s', async (what, over, more, status) => {
    const [keys, decided] = [await keysOf(ours), await decidedIn(ours)]
    const mediaId = over.mediaId === '' ? ours.things.mediaId : `refused-${what.length}`
    const answer = await world.ask(put({ ...over, mediaId, uploadId: `refused-${what.replaceAll(' ', '-')}` }, more))
    expect({ what, status: answer.status }).toEqual({ what, status })
    expectProblem(answer, what)
    expect(await keysOf(ours)).toEqual(keys)
    // That bytes were given back is decided where they were stored before they were refused.
    const [[workspace = 0, ...users], [workspaceNow = 0, ...usersNow]] = [decided, await decidedIn(ours)]
    expect([workspaceNow - workspace <= 1, usersNow]).toEqual([true, users])
  })
})

afterAll(async () => {
  expect(await allOf(theirs)).toEqual(before)
})
