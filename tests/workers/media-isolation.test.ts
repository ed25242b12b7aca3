// No path reaches what it does not name: whatever is written in place of ids and of the name, in whatever encoding.

import { nanoid } from 'nanoid'
import { beforeAll, describe, expect, test } from 'vitest'
import { blobKey } from '../../r2/keys.ts'
import { ask, bytesFrom, deliveryWorld, type Placed, place, services } from './support/media.ts'

let ours: Placed
let theirs: Placed

beforeAll(async () => {
  ours = await place(bytesFrom(0, 500), { mediaId: 'shared-id' })
  theirs = await place(bytesFrom(9, 500), { mediaId: 'their-id', visibility: 'private' })
  await services.blobs.put(`${theirs.workspaceId}/uploads/u/0`, bytesFrom(9, 500), { contentType: 'text/plain' })
  await services.blobs.put('pending/secret', bytesFrom(9, 500), { contentType: 'text/plain' })
})

const paths = (): [string, string][] => {
  const [w, m, other, secret] = [ours.workspaceId, ours.mediaId, theirs.workspaceId, theirs.mediaId]
  const key = blobKey(other, theirs.blobId)
  return [
    ['up and down again', `/media/${w}/${m}/../../${other}/${secret}`],
    ['up, encoded', `/media/${w}/%2e%2e/${other}/${secret}`],
    ['up, encoded twice', `/media/${w}/%252e%252e%252f${other}%252f${secret}`],
    ['slashes encoded in the id', `/media/${w}/..%2f${other}%2f${secret}`],
    ['a key in the id', `/media/${w}/${encodeURIComponent(key)}`],
    ['a key in the name', `/media/${w}/${m}/${encodeURIComponent(`../../${key}`)}`],
    ['backslashes in the id', `/media/${w}/..%5c${other}%5c${secret}`],
    ['backslashes in the name', `/media/${w}/${m}/..%5c..%5c${secret}`],
    ['a slash in the name', `/media/${w}/${m}/a%2fb`],
    ['only dots in the name', `/media/${w}/${m}/%252e%252e`.replaceAll('%25', '%')],
    ['NUL in the name', `/media/${w}/${m}/film%00.mp4`],
    ['NUL in the id', `/media/${w}/${m}%00`],
    ['NUL in the workspace', `/media/${w}%00/${m}`],
    ['a line break in the name', `/media/${w}/${m}/a%0d%0ab`],
    ['a control character in the name', `/media/${w}/${m}/a%1fb`],
    ['another control character', `/media/${w}/${m}/a%c2%85b`],
    ['an overlong slash', `/media/${w}/..%c0%af${other}`],
    ['no UTF-8 in the id', `/media/${w}/%ff%fe`],
    ['the id of the other', `/media/${w}/${secret}`],
    ['our id with the other', `/media/${other}/${m}`],
    ['a workspace that is longer', `/media/${w}x/${m}`],
    ['a workspace that is shorter', `/media/${w.slice(0, 9)}/${m}`],
    ['a workspace with a slash in it', `/media/${w.slice(0, 4)}%2f${w.slice(5)}/${m}`],
    ['a room of the bucket as workspace', '/media/pending/secret'],
    ['an id that is too long', `/media/${w}/${'a'.repeat(65)}`],
    ['an empty id', `/media/${w}//film.mp4`],
    ['an id with a dot', `/media/${w}/${m}.mp4`],
    ['an id in other letters', `/media/${w}/ѕhared-id`],
    ['an id with a plus', `/media/${w}/shared+id`],
    ['a member of every object', `/media/${w}/__proto__`],
    ['a member of every object as workspace', `/media/${'constructor'.slice(0, 10)}/${m}`],
    ['more segments', `/media/${w}/${m}/a/b`],
    ['a name without end', `/media/${w}/${m}/${'a'.repeat(1025)}`],
    ['a semicolon', `/media/${w}/${m};x=1`],
    ['a question encoded', `/media/${w}/${m}%3fw=64`],
  ]
}

test('what names nothing finds nothing', async () => {
  for (const [what, path] of paths()) {
    const { status, bytes } = await ask(path)
    expect([401, 404], `${what}: ${path}`).toContain(status)
    expect(Buffer.from(bytes).includes(Buffer.from(bytesFrom(9, 20))), what).toBe(false)
  }
})

test('and nothing of the bucket is read for it but what is named', async () => {
  const read: string[] = []
  const { ask: askHere } = deliveryWorld((own) => ({
    origin: {
      read: (key, span) => {
        read.push(key)
        return own.origin.read(key, span)
      },
    },
  }))
  for (const [, path] of paths()) await askHere(path)
  expect(read).toEqual([])
})

describe('the same media by other spellings of the same path', () => {
  test.each([
    ['an encoded letter', (path: string) => path.replace('shared', '%73hared')],
    ['an encoded hyphen', (path: string) => path.replace('-', '%2D')],
    ['dots that lead back', (path: string) => path.replace('/media/', '/media/x/../')],
    ['any name', (path: string) => `${path}/whatever`],
    ['a name in any script', (path: string) => `${path}/${encodeURIComponent('фильм 電影.mp4')}`],
    ['a name encoded twice', (path: string) => `${path}/%252e%252e%252fetc`],
    ['a name with dots', (path: string) => `${path}/...mp4`],
    ['a name of percent signs', (path: string) => `${path}/100%`],
    ['parameters that nobody knows', (path: string) => `${path}?utm_source=x&W=64&key=../../x`],
  ])('%s', async (_, written) => {
    const { status, bytes } = await ask(written(ours.path))
    expect(status).toBe(200)
    expect(bytes).toEqual(bytesFrom(0, 500))
  })
})

test('one id in two workspaces is two media, and two blobs of one name too', async () => {
  const [mediaId, blobId] = [nanoid(), nanoid()]
  const [one, other] = [await place(bytesFrom(3, 50), { mediaId, blobId }), await place(bytesFrom(5, 60), { mediaId, blobId })]
  for (let i = 0; i < 3; i += 1) {
    expect((await ask(one.path)).bytes).toEqual(bytesFrom(3, 50))
    expect((await ask(other.path)).bytes).toEqual(bytesFrom(5, 60))
  }
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is not for media', async (method) => {
  const answer = await ask(ours.path, { method })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
})
