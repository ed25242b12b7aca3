// Ids that somebody else than the platform chooses: every one that is taken can be asked for in a path, and none is taken for
// something that stands beside it there.

import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { mediaId, reservedMediaIds } from '../../../domain/media/address.ts'
import { declarations } from '../../../domain/resources/registry.ts'
import { clientId } from '../../../domain/resources/text.ts'
import { chosenUserId, userCreate } from '../../../domain/resources/user.ts'
import { readImport } from '../../../domain/sign-in/import-file.ts'
import { laurelApp } from '../../../workers/app-of.ts'

const takes = (schema: z.ZodType) => (id: string) => schema.safeParse(id).success

/** Path parameters whose values are chosen, and by what they are judged. */
const chosen: Record<string, (id: string) => boolean> = {
  userId: takes(chosenUserId),
  externalId: takes(userCreate.shape.externalId),
  mediaId: (id) => takes(mediaId)(id) && !reservedMediaIds.includes(id),
  tagId: takes(clientId),
  ...Object.fromEntries(
    declarations
      .filter(({ clientMayChooseId }) => clientMayChooseId)
      .map(({ idMember, create }) => [idMember, takes(create.shape[idMember] as z.ZodType)]),
  ),
}

/** Parameters whose values we make ourselves, none of which is a word. */
const ours = ['auditRecordId', 'partNumber', 'runtimeLeaderboardId', 'clientId', 'secretId', 'sessionId', 'rewardRuleId', 'grant']

const { routes } = laurelApp({ services: {}, log: () => {} } as unknown as Parameters<typeof laurelApp>[0]).edge

/** Words that an earlier route of the same method takes in the place of a later route's parameter. */
function shadows(all: { method: string; fullPath: string }[]): [param: string, word: string][] {
  return all.flatMap(({ method, fullPath }, at) => {
    const segments = fullPath.split('/')
    return all.slice(0, at).flatMap((earlier) => {
      const words = earlier.fullPath.split('/')
      const isParam = (segment?: string) => segment?.startsWith(':') === true
      const meets =
        words.length === segments.length && words.every((word, i) => isParam(word) || isParam(segments[i]) || word === segments[i])
      if (earlier.method !== method || !meets) return []
      return segments.flatMap((segment, i): [string, string][] =>
        isParam(segment) && !isParam(words[i]) ? [[segment.slice(1), words[i] as string]] : [],
      )
    })
  })
}

describe('a word that stands beside an id in a path', () => {
  const found = shadows(routes)

  test('is found', () => {
    expect(found).toContainEqual(['userId', 'me'])
    expect(found).toContainEqual(['mediaId', 'export'])
    const declared = ['/a/me', '/a/:id', '/a/:id/b', '/a/later', '/c/:id'].map((fullPath) => ({ method: 'GET', fullPath }))
    expect(shadows(declared)).toEqual([['id', 'me']])
  })

  test('is no id that anybody can choose', () => {
    const isTaken = ([param, word]: [string, string]) => chosen[param]?.(word) ?? !ours.includes(param)
    expect(found.filter(isTaken)).toEqual([])
  })

  test('is no id of a user, whoever makes them', () => {
    for (const id of ['me', 'by-external-id', '.', '..', '']) expect([id, takes(chosenUserId)(id)]).toEqual([id, false])
    const rows = readImport('email,userId\nada@example.org,me\n', { role: 'owner', platform: 'web' })
    expect(rows).toMatchObject({ ok: true, value: [{ mistakes: [{ row: 2, column: 'userId' }] }] })
  })
})

const awkward = [
  '.',
  '..',
  '...',
  '%2e',
  '%2E%2e',
  '%',
  '%25',
  'a/b',
  '/',
  '?',
  '#',
  'a?b#c',
  '\\',
  ' ',
  ' a ',
  ':id',
  '*',
  'é',
  '日本',
  '+',
  '&=',
  '\ud800',
  '',
]

describe.each(Object.keys(chosen))('a chosen %s', (name) => {
  const app = new Hono().get('/of/:id', (c) => c.json(c.req.param('id'))).get('/of/:id/more', (c) => c.json(c.req.param('id')))
  const asked = async (id: string) =>
    Promise.all(['', '/more'].map(async (more) => (await app.request(`http://laurel.test/of/${encodeURIComponent(id)}${more}`)).json()))

  test('comes back from a path as it is', async () => {
    const taken = awkward.filter((id) => chosen[name]?.(id))
    for (const id of taken) expect(await asked(id)).toEqual([id, id])
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (id) => {
        if (chosen[name]?.(id)) expect(await asked(id)).toEqual([id, id])
      }),
    )
  })

  test('is not what a path folds away', () => {
    expect(['.', '..', ''].map((id) => chosen[name]?.(id))).toEqual([false, false, false])
  })
})
