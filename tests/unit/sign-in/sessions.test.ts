// Sessions of a user, decided: who may refresh with what, and until when.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decidePlayer } from '../../../domain/player/decide.ts'
import { sessionLivesMs, sessionsKept } from '../../../domain/sessions/decide-session.ts'
import type { SessionCommand } from '../../../domain/sessions/types.ts'
import { ruleSetOf, World } from '../domain/rules/world.ts'

const second = 1000

/** One user, by the commands of their log. */
function user() {
  const world = new World()
  let nowMs = 1_000_000_000_000
  function run(command: SessionCommand | { kind: 'user.delete' }) {
    const result = decidePlayer(world, command, ruleSetOf([]), { nowMs, newId: world.newId, region: 'eu-west-1' })
    if (!result.ok) return { refused: result.error.code }
    world.apply(result.value.effects)
    return result.value.answer.body as { outcome?: string; ended?: number }
  }
  return {
    world,
    wait(ms: number) {
      nowMs += ms
    },
    run,
    signIn: (sessionId: string, tokenHash = `${sessionId}-0`) =>
      run({ kind: 'session.create', sessionId, tokenHash, context: 'app', platform: 'web' }),
    refresh: (sessionId: string, tokenHash: string, nextHash: string) => run({ kind: 'session.refresh', sessionId, tokenHash, nextHash }),
    ids: () => [...world.signedIn.keys()].sort(),
  }
}

describe('refresh', () => {
  test('exchanges the token that is good now', () => {
    const one = user()
    one.signIn('s')
    expect(one.refresh('s', 's-0', 's-1')).toMatchObject({ outcome: 'refreshed' })
    one.wait(3600 * second)
    expect(one.refresh('s', 's-1', 's-2')).toMatchObject({ outcome: 'refreshed' })
  })

  test('takes the predecessor for a minute more, and gives the same next', () => {
    const one = user()
    one.signIn('s')
    one.refresh('s', 's-0', 's-1')
    one.wait(60 * second)
    expect(one.refresh('s', 's-0', 's-1')).toMatchObject({ outcome: 'refreshed' })
    expect(one.refresh('s', 's-1', 's-2')).toMatchObject({ outcome: 'refreshed' })
  })

  test.each([
    ['the predecessor, after a minute', 60 * second + 1, 's-1'],
    ['one before the predecessor, at once', 0, 's-0'],
    ['one that never was', 0, 'unknown'],
  ])('ends the session for %s', (_, waitMs, shown) => {
    const one = user()
    one.signIn('s')
    one.signIn('other')
    one.refresh('s', 's-0', 's-1')
    one.refresh('s', 's-1', 's-2')
    one.wait(waitMs)
    expect(one.refresh('s', shown, 'next')).toEqual({ outcome: 'reused' })
    expect(one.ids()).toEqual(['other'])
    expect(one.refresh('s', 's-2', 's-3')).toEqual({ refused: 'resource/not_found' })
  })

  test('gives another thirty days each time, and none after them', () => {
    const one = user()
    one.signIn('s')
    one.wait(sessionLivesMs - 1)
    expect(one.refresh('s', 's-0', 's-1')).toMatchObject({ outcome: 'refreshed' })
    one.wait(sessionLivesMs)
    expect(one.refresh('s', 's-1', 's-2')).toEqual({ refused: 'resource/not_found' })
  })

  test('is refused for a user who is gone, whose sessions are gone too', () => {
    const one = user()
    one.signIn('s')
    one.run({ kind: 'user.delete' })
    expect(one.refresh('s', 's-0', 's-1')).toEqual({ refused: 'resource/not_found' })
    expect(one.ids()).toEqual([])
  })
})

test('the twenty-first session takes the place of the oldest, and expired ones count for nothing', () => {
  const one = user()
  for (let i = 0; i < sessionsKept + 1; i++) {
    one.signIn(`s${String(i).padStart(2, '0')}`)
    one.wait(second)
  }
  expect(one.ids()).toHaveLength(sessionsKept)
  expect(one.ids()).not.toContain('s00')
  one.wait(sessionLivesMs)
  one.signIn('late')
  expect(one.ids()).toEqual(['late'])
})

test('one session is ended by its id, all of them without', () => {
  const one = user()
  for (const id of ['a', 'b', 'c']) one.signIn(id)
  expect(one.run({ kind: 'session.revoke', sessionId: 'b' })).toEqual({ ended: 1 })
  expect(one.run({ kind: 'session.revoke', sessionId: 'b' })).toEqual({ refused: 'resource/not_found' })
  expect(one.run({ kind: 'session.revoke' })).toEqual({ ended: 2 })
  expect([one.ids(), one.run({ kind: 'session.revoke' })]).toEqual([[], { ended: 0 }])
})

test('whoever holds an old token never gets a session past its owner: the first reuse ends it for both', () => {
  // Two holders of one session from a theft on: each shows the newest token that it was given.
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('owner', 'thief'), { minLength: 2, maxLength: 30 }),
      (before, turns) => {
        const one = user()
        one.signIn('s', 't0')
        let last = 0
        for (; last < before; last++) one.refresh('s', `t${last}`, `t${last + 1}`)
        const holds: Record<string, string> = { owner: `t${last}`, thief: `t${last}` }
        let ended = false
        for (const turn of turns) {
          one.wait(61 * second)
          const shown = holds[turn] as string
          const next = `t${++last}`
          const isNewest = one.world.signedIn.get('s')?.tokenHash === shown
          const result = one.refresh('s', shown, next)
          if (ended) expect(result).toEqual({ refused: 'resource/not_found' })
          else expect(result).toMatchObject({ outcome: isNewest ? 'refreshed' : 'reused' })
          if (!isNewest) ended = true
          else holds[turn] = next
        }
        const isBothSeen = new Set(turns).size === 2
        if (isBothSeen) expect(ended).toBe(true)
      },
    ),
  )
})
