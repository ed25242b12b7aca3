// What may be written about users, and who may write which nickname.

import { describe, expect, it } from 'vitest'
import { durationMs, durationText } from '../../../domain/resources/duration.ts'
import { runtimeLeaderboardCreate, seriesOf } from '../../../domain/resources/runtime-leaderboard.ts'
import { nicknameFailure, ownPatch, userCreate, userPatch } from '../../../domain/resources/user.ts'

describe('nicknames', () => {
  it.each(['Ada', 'Zoë-Ana B.', '李小龍', 'Ada 🚀', 'a_b'])('of people may be %j', (name) => {
    expect(nicknameFailure(name, 'web')).toBeNull()
  })
  it.each(['A', 'dependabot[bot]', 'a..b', 'two  spaces', 'x'.repeat(41), '', 'a@b'])(
    'of people may not be %j, of machines they may',
    (name) => {
      expect(nicknameFailure(name, 'mobile')).toMatchObject({ code: 'validation/invalid_input', errors: [{ pointer: '/nickname' }] })
      expect(nicknameFailure(name, 'm2m')).toBeNull()
      expect(userPatch.safeParse({ nickname: name }).success).toBe(true)
    },
  )
  it.each(['a\u0000', '\udfff', 'x'.repeat(1001)])('are never %j', (nickname) => {
    expect(userPatch.safeParse({ nickname }).success).toBe(false)
  })
  it('count in code points', () => {
    expect(nicknameFailure('😀'.repeat(40), 'web')).toBeNull()
    expect(nicknameFailure('😀'.repeat(41), 'web')).not.toBeNull()
  })
})

describe('a user', () => {
  it('needs an e-mail address', () => {
    expect(userCreate.safeParse({ nickname: 'Ada' }).success).toBe(false)
    expect(userCreate.safeParse({ email: 'not one' }).success).toBe(false)
    expect(userCreate.safeParse({ email: 'ada@example.org', firstName: "O'Neil", lastName: 'Ḿâry Jane' }).success).toBe(true)
    expect(userCreate.safeParse({ email: 'ada@example.org', firstName: 'R2D2' }).success).toBe(false)
  })
  it('does not change their own external id', () => {
    expect(ownPatch.parse({ externalId: 'x', lang: 'en' })).toEqual({ lang: 'en' })
  })
  it('has a zone and a language', () => {
    expect(userPatch.safeParse({ timezone: 'Europe/Zurich', lang: 'de' }).success).toBe(true)
    expect(userPatch.parse({ timezone: 'Europe/Kiev', lang: 'zh-hans' })).toEqual({ timezone: 'Europe/Kyiv', lang: 'zh-Hans' })
    expect(userPatch.safeParse({ timezone: 'Europe/Atlantis' }).success).toBe(false)
  })
})

describe('durations', () => {
  it.each([
    ['PT48H', 172_800_000],
    ['P2D', 172_800_000],
    ['P1W', 604_800_000],
    ['P1DT1H1M1S', 90_061_000],
    ['PT0S', 0],
    ['P', null],
    ['PT', null],
    ['P1M', null],
    ['P1Y', null],
    ['48H', null],
    ['P99999D', null],
    ['PT1.5H', null],
  ])('%s', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })
  it('are written so that they read back the same', () => {
    for (const ms of [0, 1000, 172_800_000, 90_061_000]) expect(durationMs(durationText(ms))).toBe(ms)
  })
})

describe('a leaderboard', () => {
  const body = {
    runtimeLeaderboardConfigurationId: 'ranking',
    timeframeType: 'RECURRING',
    timeframeTimezoneType: 'FIXED',
    timeframeStartsAt: '2026-09-01T00:00:00+02:00',
    recurrence: 'MONTHLY',
  }
  const read = (change: Record<string, unknown> = {}) => seriesOf(runtimeLeaderboardCreate.parse({ ...body, ...change }), 7)

  it('takes late events for 48 hours unless it says otherwise', () => {
    expect(read()).toEqual({
      ok: true,
      value: {
        runtimeLeaderboardConfigurationId: 'ranking',
        timeframeType: 'RECURRING',
        recurrence: 'MONTHLY',
        timezoneType: 'FIXED',
        timezone: 'UTC',
        startsAtMs: Date.parse('2026-08-31T22:00:00Z'),
        lateEventsForMs: 172_800_000,
        updatedAtMs: 7,
      },
    })
    expect(read({ lateEventsFor: null })).toMatchObject({ value: { lateEventsForMs: null } })
    expect(read({ lateEventsFor: 'P1D' })).toMatchObject({ value: { lateEventsForMs: 86_400_000 } })
  })

  it.each([
    ['a range', { timeframeType: 'RANGE' }, '/timeframeType'],
    ['weeks', { recurrence: 'WEEKLY' }, '/recurrence'],
    ['no recurrence', { recurrence: undefined }, '/recurrence'],
    ['a recurrence that is permanent', { timeframeType: 'PERMANENT' }, '/recurrence'],
    ['an end before the start', { timeframeEndsAt: '2026-08-01T00:00:00Z' }, '/timeframeEndsAt'],
  ])('refuses %s', (_, change, pointer) => {
    expect(read(change)).toMatchObject({ ok: false, error: { code: 'validation/invalid_input', errors: [{ pointer }] } })
  })

  it('has a start', () => {
    expect(runtimeLeaderboardCreate.safeParse({ ...body, timeframeStartsAt: undefined }).success).toBe(false)
    expect(runtimeLeaderboardCreate.safeParse({ ...body, timeframeStartsAt: '2026-09-01' }).success).toBe(false)
  })
})
