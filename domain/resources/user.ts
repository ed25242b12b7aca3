// What may be written about a user. People's nicknames are held to the contract's pattern; a machine may give any name,
// because it carries names that exist already (a git author, a bot) and they are shown as they are.

import { z } from 'zod'
import { type Failure, invalidInput } from '../failures.ts'
import type { ClientPlatform } from '../identity.ts'
import { lang } from './lang.ts'
import { text, textOrEmpty, webAddress } from './text.ts'
import { timezone } from './timezone.ts'

/** The contract's `…/u`: counted in code points, so no other length bound stands beside it. */
export const nicknamePattern = /^(?!.*[_.\- ]{2,})[\p{L}\p{M}\p{N}\p{S}_ .-]{2,40}$/u
const personNamePattern = /^[\p{L}\p{M}' -]+$/u

const personName = z
  .string()
  .regex(personNamePattern)
  .refine((name) => [...name].length >= 2 && [...name].length <= 50, { error: 'Between 2 and 50 characters.' })
  .meta({ minLength: 2, maxLength: 50 })

const profileMembers = {
  externalId: text(255).optional(),
  /** Any name a machine may give; `nicknameFailure` holds people to the pattern. */
  nickname: textOrEmpty(1000).optional(),
  profileImage: webAddress.optional(),
  lang: lang.optional(),
  timezone: timezone.optional(),
}

export const userCreate = z.object({
  ...profileMembers,
  email: z.email({ pattern: z.regexes.html5Email }).max(254),
  firstName: personName.optional(),
  lastName: personName.optional(),
})

export const userPatch = z.object(profileMembers)

/** What a user may change of themselves: an external id is the workspace's to give. */
export const ownPatch = userPatch.omit({ externalId: true })

/** Null where the caller may give this nickname. */
export function nicknameFailure(nickname: string | undefined, platform: ClientPlatform): Failure | null {
  if (nickname === undefined || platform === 'm2m' || nicknamePattern.test(nickname)) return null
  const detail = '2 to 40 letters, digits, symbols, spaces, dots, dashes or underscores; no two of the last four in a row.'
  return invalidInput('/nickname', detail)
}
