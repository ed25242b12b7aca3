import { describe, expect, it } from 'vitest'
import { decidePlayer } from '../../../../domain/player/decide.ts'
import type { PlayerCommand } from '../../../../domain/player/types.ts'
import { nowMs, profile, ruleOf, ruleSetOf, World } from '../rules/world.ts'

const decide = (command: PlayerCommand, world: World) =>
  decidePlayer(world, command, ruleSetOf([ruleOf()]), { nowMs, newId: world.newId, region: 'eu-west-1' })
const codeOf = (command: PlayerCommand, world: World) => {
  const result = decide(command, world)
  return result.ok ? null : result.error.code
}
const nobody = () => {
  const world = new World()
  world.user = null
  return world
}
const deleted = () => {
  const world = new World()
  world.gone = true
  return world
}
const create: PlayerCommand = { kind: 'user.create', profile }

describe('user.create', () => {
  it('makes the profile as it was claimed', () => {
    expect(decide(create, nobody())).toEqual({ ok: true, value: { effects: { profile }, answer: { status: 201, body: null } } })
  })

  it('is refused for an id that is or was in use', () => {
    const goneWithoutTrace = deleted()
    goneWithoutTrace.user = null
    for (const world of [new World(), deleted(), goneWithoutTrace]) expect(codeOf(create, world)).toBe('resource/already_exists')
  })

  it('is refused with a zone that is none', () => {
    expect(codeOf({ kind: 'user.create', profile: { ...profile, timezone: 'Mars/Olympus' } }, nobody())).toBe('validation/invalid_input')
  })
})

describe('user.update', () => {
  it('changes what is given, and when it was changed, and nothing else', () => {
    const patch = { nickname: 'Ada', lang: undefined, userId: 'other', principal: null } as unknown as { nickname: string }
    expect(decide({ kind: 'user.update', patch }, new World())).toEqual({
      ok: true,
      value: {
        effects: { profile: { ...profile, nickname: 'Ada', updatedAtMs: nowMs } },
        // What a repeat is answered, whatever has become of the profile since.
        answer: { status: 200, body: { ...profile, nickname: 'Ada', updatedAtMs: nowMs } },
      },
    })
  })

  it('is refused for nobody, for the deleted, and with a zone that is none', () => {
    for (const world of [nobody(), deleted()]) expect(codeOf({ kind: 'user.update', patch: {} }, world)).toBe('resource/not_found')
    expect(codeOf({ kind: 'user.update', patch: { timezone: '+02:00' } }, new World())).toBe('validation/invalid_input')
  })
})

describe('user.delete', () => {
  it('deletes once', () => {
    const world = new World()
    const result = decide({ kind: 'user.delete' }, world)
    expect(result).toEqual({ ok: true, value: { effects: { deleted: true }, answer: { status: 200, body: null } } })
    if (result.ok) world.apply(result.value.effects)
    expect(codeOf({ kind: 'user.delete' }, world)).toBe('resource/not_found')
    expect(codeOf({ kind: 'user.delete' }, nobody())).toBe('resource/not_found')
  })
})

describe('activity.log', () => {
  it('is decided by the rules', () => {
    const result = decide({ kind: 'activity.log', activityLogId: 'log', activityId: 'run', value: 1, completedAtMs: nowMs }, new World())
    expect(result.ok && result.value.effects.lines).toHaveLength(1)
  })
})
