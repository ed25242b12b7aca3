// Every command of a user's log, decided: current state in, effects and answer out. Pure, so the Player can decide in
// one storage transaction and a replay needs no decision at all (effects are absolute).

import { failure, invalidInput } from '../failures.ts'
import { fail, ok, type Result } from '../result.ts'
import { type DecisionContext, decideActivityLog, type PlayerDecision } from '../rules/decide-activity-log.ts'
import type { RuleSet } from '../rules/types.ts'
import { decideSession, endingOf } from '../sessions/decide-session.ts'
import { isTimezone } from '../timeframe/calendar.ts'
import type { PlayerCommand, PlayerView, ProfilePatch, UserProfile } from './types.ts'

export type { DecisionContext, PlayerDecision } from '../rules/decide-activity-log.ts'

/**
 * Errors: `resource/not_found` for a user that never was or is deleted, `resource/already_exists` for a second creation
 * (a deleted user's id stays used), `validation/invalid_input`. Answers of user commands have no body: the edge shows
 * the profile.
 */
export function decidePlayer(view: PlayerView, command: PlayerCommand, ruleSet: RuleSet, context: DecisionContext): Result<PlayerDecision> {
  switch (command.kind) {
    case 'user.create':
      return create(view, command.profile)
    case 'user.update':
      return update(view, command.patch, context.nowMs)
    case 'user.delete':
      return remove(view)
    case 'activity.log':
      return decideActivityLog(view, command, ruleSet, context)
    case 'session.create':
    case 'session.refresh':
    case 'session.revoke':
      return existing(view) === null ? fail(noSuchUser()) : decideSession(view.sessions(), command, context.nowMs)
  }
}

const existing = (view: PlayerView): UserProfile | null => (view.deleted() ? null : view.profile())
const noSuchUser = () => failure('resource/not_found', 'There is no such user.')

function create(view: PlayerView, profile: UserProfile): Result<PlayerDecision> {
  if (view.deleted() || view.profile() !== null) return fail(failure('resource/already_exists', 'There is a user with this id already.'))
  if (!hasKnownZone(profile)) return fail(invalidInput('/timezone', 'There is no such time zone.'))
  return ok({ effects: { profile }, answer: { status: 201, body: null } })
}

const patched = ['externalId', 'nickname', 'profileImage', 'lang', 'timezone'] as const

function update(view: PlayerView, patch: ProfilePatch, nowMs: number): Result<PlayerDecision> {
  const profile = existing(view)
  if (profile === null) return fail(noSuchUser())
  if (!hasKnownZone(patch)) return fail(invalidInput('/timezone', 'There is no such time zone.'))
  const after: UserProfile = { ...profile, updatedAtMs: nowMs }
  for (const name of patched) if (patch[name] !== undefined) after[name] = patch[name]
  return ok({ effects: { profile: after }, answer: { status: 200, body: after } })
}

/** Whoever is gone is signed in nowhere. */
function remove(view: PlayerView): Result<PlayerDecision> {
  if (existing(view) === null) return fail(noSuchUser())
  const sessions = view.sessions()
  const effects = { deleted: true as const, ...(sessions.length > 0 && { sessions: endingOf(sessions) }) }
  return ok({ effects, answer: { status: 200, body: null } })
}

const hasKnownZone = ({ timezone }: ProfilePatch): boolean => timezone === undefined || isTimezone(timezone)
