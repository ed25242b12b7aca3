// Bodies that go wrong on the wire, on routes of every kind that read one: a fault of the client, told as one, never a 5xx in
// an answer or in the log, and nothing is done. Only a socket can send them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrokenRequest, statusOfBroken } from './support/broken-body.ts'
import { type Game, prepareGame } from './support/game.ts'
import { mediaClient } from './support/media-client.ts'
import { type Platform, startPlatform } from './support/platform.ts'

let platform: Platform
let game: Game
let routes: Record<string, Omit<BrokenRequest, 'bytes' | 'after'>>

beforeAll(async () => {
  platform = await startPlatform({ noDemo: true })
  game = await prepareGame(platform, 'broken', 1)
  const media = await mediaClient(platform, 'broken')
  const text = { fileName: 'a.txt', contentType: 'text/plain', fileType: 'document' }
  const grants = await Promise.all([1, 2, 3].map(() => media.grant(text, 100)))
  const [single = '', parts = '', tus = ''] = grants.map(({ uploadUrl }) => uploadUrl)
  await fetch(`${parts}/multipart`, { method: 'POST' })
  const tusFields = { 'tus-resumable': '1.0.0' }
  await fetch(`${tus}/tus`, { method: 'POST', headers: { ...tusFields, 'upload-length': '100' } })
  const at = (path: string) => `${platform.baseUrl}${path}`
  const by = (token: string) => ({ authorization: `Bearer ${token}` })
  const json = { 'content-type': 'application/json' }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  routes = {
    'an event': { method: 'POST', url: at('/app/v1/activity-logs'), headers: { ...json, ...by(game.token) } },
    'a resource': { method: 'POST', url: at('/dashboard/v1/activities'), headers: { ...json, ...by(media.token) } },
    'a file of people': {
      method: 'POST',
      url: at('/dashboard/v1/user-imports'),
      headers: { 'content-type': 'text/csv', ...by(media.token) },
    },
    'a token request': { method: 'POST', url: at('/oauth2/token'), headers: form },
    'a revocation': { method: 'POST', url: at('/oauth2/revoke'), headers: form },
    'a request for a code': { method: 'POST', url: at('/auth/v1/email-codes'), headers: json },
    'who is not known': { method: 'POST', url: at('/app/v1/activity-logs'), headers: json },
    nowhere: { method: 'POST', url: at('/nowhere'), headers: json },
    'an upload': { method: 'PUT', url: single, headers: { 'content-type': 'text/plain' } },
    'a part': { method: 'PUT', url: `${parts}/multipart/1`, headers: {} },
    'the end of parts': { method: 'POST', url: `${parts}/multipart/complete`, headers: json },
    'a tus patch': {
      method: 'PATCH',
      url: `${tus}/tus/upload`,
      headers: { ...tusFields, 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' },
    },
  }
})
afterAll(() => platform.remove())

const chunked = { 'transfer-encoding': 'chunked' }
const faults: Record<string, Pick<BrokenRequest, 'headers' | 'bytes' | 'after'>> = {
  'a chunk of no size': { headers: chunked, bytes: 'ZZ\r\n{"a":1}\r\n0\r\n\r\n', after: 'wait' },
  'a chunk that is longer than it says': { headers: chunked, bytes: '2\r\n{"a":1}\r\n0\r\n\r\n', after: 'wait' },
  'chunks that end early': { headers: chunked, bytes: '7\r\n{"a":1}\r\n', after: 'end' },
  'a length that ends early': { headers: { 'content-length': '100' }, bytes: '{"a":1', after: 'end' },
  'a connection that is cut': { headers: { 'content-length': '100' }, bytes: '{"a":1', after: 'cut' },
  'a connection that is cut in a chunk': { headers: chunked, bytes: '7\r\n{"a"', after: 'cut' },
}

describe.each(Object.entries(faults))('%s', (_, fault) => {
  test('is the fault of who sent it', async () => {
    const answers = await Promise.all(
      Object.entries(routes).map(async ([name, route]) => {
        const status = await statusOfBroken({ ...route, ...fault, headers: { ...route.headers, ...fault.headers } })
        return [name, status] as const
      }),
    )
    expect(answers.filter(([, status]) => status !== null && (status < 400 || status >= 500))).toEqual([])
    // Who still listens is told.
    if (fault.after === 'wait') expect(answers.filter(([, status]) => status === null)).toEqual([])
  })
})

test('and in the log nothing of it has failed, and nothing was done', async () => {
  // Behind all of them in the log.
  await fetch(`${platform.baseUrl}/app/v1/activity-logs`, { headers: { 'x-request-id': 'the-last-one' } })
  const log = () => readFileSync(join(platform.dir, 'logs', 'worker.log'), 'utf8')
  await expect.poll(log, { timeout: 30_000 }).toContain('the-last-one')
  const lines = log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  expect(lines.filter((line) => JSON.parse(line).status >= 500)).toEqual([])
  expect(await game.events(game.users[0] ?? '')).toEqual([])
})
