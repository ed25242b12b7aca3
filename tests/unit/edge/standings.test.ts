// Who callers and makers of URLs are now: whom is asked, how often, and what is made of the answer.

import { describe, expect, test, vi } from 'vitest'
import { failure } from '../../../domain/failures.ts'
import type { Caller, Maker } from '../../../domain/identity.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { DirectoryEntry } from '../../../domain/workspace/types.ts'
import { makersOf } from '../../../workers/edge/makers.ts'
import { rememberedStandings } from '../../../workers/edge/standings.ts'
import { newDecider } from '../policy/world.ts'
import { access, accountId, ruleSet, workspaceId } from './world.ts'

const boss: Caller = {
  subject: 's',
  workspaceId,
  accountId,
  userId: 'boss',
  context: 'dashboard',
  platform: 'web',
  role: 'admin',
  scopes: [],
}
const player: Caller = { ...boss, context: 'app', role: 'member' }
const missing = fail(failure('resource/not_found', 'x'))
const away = fail(failure('record/unavailable', 'x'))

function world(capacity?: number) {
  const clock = { nowMs: 0 }
  const directoryEntry = vi.fn(async (): Promise<Result<DirectoryEntry>> => ok({ userId: 'boss', role: 'admin' }))
  const life = vi.fn(async (): Promise<Result<'live' | 'deleted'>> => ok('live'))
  const standings = rememberedStandings({ now: () => clock.nowMs, rememberMs: 2000, directoryEntry, life, capacity })
  return { clock, directoryEntry, life, standings }
}

describe('a person', () => {
  test('of the dashboard is asked for at the directory, of the app at their own object: once in two seconds', async () => {
    const { clock, directoryEntry, life, standings } = world()
    for (let i = 0; i < 3; i += 1) for (const who of [boss, player]) expect(await standings.now(who)).toEqual(ok(who))
    expect(standings.now(boss)).not.toBeInstanceOf(Promise)
    expect([directoryEntry.mock.calls, life.mock.calls]).toEqual([[[{ workspaceId, userId: 'boss' }]], [[{ workspaceId, userId: 'boss' }]]])
    clock.nowMs = 2000
    directoryEntry.mockResolvedValue(ok({ userId: 'boss', role: 'viewer' }))
    life.mockResolvedValue(ok('deleted'))
    expect(await standings.now(boss)).toEqual(ok({ ...boss, role: 'viewer' }))
    expect(await standings.now(player)).toMatchObject({ ok: false, error: { code: 'auth/invalid_token' } })
    expect([directoryEntry, life].map(({ mock }) => mock.calls.length)).toEqual([2, 2])
  })

  test('who never was is gone where a sign-in says so, and else the issuer’s to vouch for', async () => {
    const { directoryEntry, life, standings } = world()
    directoryEntry.mockResolvedValue(missing)
    life.mockResolvedValue(missing)
    for (const who of [boss, player]) {
      expect(await standings.now(who)).toEqual(ok(who))
      expect(await standings.now({ ...who, sessionId: 'sid' })).toMatchObject({ ok: false, error: { code: 'auth/invalid_token' } })
    }
  })

  test('who cannot be asked for is not let in, and asked for again', async () => {
    const { directoryEntry, standings } = world()
    directoryEntry.mockResolvedValueOnce(away)
    expect(await standings.now(boss)).toEqual(away)
    expect(await standings.now(boss)).toEqual(ok(boss))
  })

  test('is forgotten before there are too many', async () => {
    const { directoryEntry, standings } = world(10)
    for (let i = 0; i < 100; i += 1) await standings.now({ ...boss, userId: `u${i}` })
    await standings.now({ ...boss, userId: 'u0' })
    await standings.now({ ...boss, userId: 'u99' })
    expect(directoryEntry).toHaveBeenCalledTimes(101)
  })

  test('whom nobody here knows by an id, and a machine, are not asked for', () => {
    const { standings } = world()
    const { userId: _, ...nobody } = boss
    for (const who of [nobody, { ...boss, platform: 'm2m' as const }]) expect(standings.now(who)).toEqual(ok(who))
  })
})

describe('a URL that somebody made', () => {
  const asked = { action: 'write', operation: 'media/getUploadUrl', kind: 'media' } as const
  const maker: Maker = { subject: 's', userId: 'boss', context: 'dashboard', platform: 'web', role: 'admin', scopes: [] }
  const noMore = { ok: false, error: { code: 'auth/insufficient_permissions' } }

  function makers() {
    const { directoryEntry, standings, clock } = world()
    const known = { ruleSet, access: { ...access } }
    const { decider } = newDecider()
    const decide = vi.fn(decider.decide)
    const workspaceEdge = vi.fn(async (): Promise<Result<typeof known>> => ok(known))
    return { directoryEntry, decide, workspaceEdge, known, clock, makers: makersOf({ workspaceEdge, standings, policies: { decide } }) }
  }

  test('is good for what its maker may do now', async () => {
    const { directoryEntry, clock, makers: its } = makers()
    expect(await its.mayStill(workspaceId, maker, asked)).toMatchObject({ ok: true })
    const entries: DirectoryEntry[] = [
      { userId: 'boss', role: 'viewer' },
      { userId: 'boss', role: 'member' },
      { userId: 'boss', deleted: true },
    ]
    for (const entry of entries) {
      directoryEntry.mockResolvedValue(ok(entry))
      clock.nowMs += 2000
      expect(await its.mayStill(workspaceId, maker, asked)).toMatchObject(noMore)
    }
  })

  test('of a client ends with it, and with the scope', async () => {
    const { known, makers: its } = makers()
    const machine: Maker = { ...maker, platform: 'm2m', clientId: 'c', role: 'editor', scopes: ['dashboard/write'] }
    expect(await its.mayStill(workspaceId, machine, asked)).toMatchObject(noMore)
    known.access = { ...access, clients: [{ clientId: 'c', role: 'editor', scopes: ['dashboard/write'] }] }
    expect(await its.mayStill(workspaceId, machine, asked)).toMatchObject({ ok: true })
    for (const client of [
      { clientId: 'c', role: 'viewer', scopes: ['dashboard/write'] } as const,
      { clientId: 'c', role: 'editor', scopes: ['dashboard/read'] } as const,
    ]) {
      known.access = { ...access, clients: [{ ...client, scopes: [...client.scopes] }] }
      expect(await its.mayStill(workspaceId, machine, asked)).toMatchObject(noMore)
    }
  })

  test('costs nothing more while everything is remembered', async () => {
    const { directoryEntry, decide, makers: its } = makers()
    for (let i = 0; i < 5; i += 1) await its.mayStill(workspaceId, maker, asked)
    expect([directoryEntry, decide].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  })

  test('is told of an outage, and of a workspace that is gone, as they are', async () => {
    const { directoryEntry, workspaceEdge, makers: its } = makers()
    directoryEntry.mockResolvedValueOnce(away)
    expect(await its.mayStill(workspaceId, maker, asked)).toEqual(away)
    workspaceEdge.mockResolvedValueOnce(missing)
    expect(await its.mayStill(workspaceId, maker, asked)).toEqual(missing)
  })
})
