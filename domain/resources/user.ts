// What may be written about a user. People's nicknames are held to the contract's pattern; a machine may give any name,
// because it carries names that exist already (a git author, a bot) and they are shown as they are.

import { z } from 'zod'
import { type Failure, invalidInput } from '../failures.ts'
import type { ClientPlatform } from '../identity.ts'
import { email } from './email.ts'
import { lang } from './lang.ts'
import { fitsPath, text, textOrEmpty, webAddress } from './text.ts'
import { timezone } from './timezone.ts'

/** The contract's `…/u`: counted in code points, so no other length bound stands beside it. */
export const nicknamePattern = /^(?!.*[_.\- ]{2,})[\p{L}\p{M}\p{N}\p{S}_ .-]{2,40}$/u
const personNamePattern = /^[\p{L}\p{M}' -]+$/u

const personName = z
  .string()
  .regex(personNamePattern)
  .refine((name) => [...name].length >= 2 && [...name].length <= 50, { error: 'Between 2 and 50 characters.' })
  .meta({ minLength: 2, maxLength: 50 })

/** The other system's own: any text that a path can carry. */
const externalId = text(255).refine(fitsPath, 'A path cannot carry "." or "..".')

/** What stands beside a user's id in a path (/users/me): no user may be called so. */
export const reservedUserIds = ['me', 'by-external-id']

/** An id that is chosen for a user, by the operator or in an import; what people make themselves has an id of ours. */
export const chosenUserId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'Printable ASCII without spaces, at most 128.')
  .refine((id) => fitsPath(id) && !reservedUserIds.includes(id), `Not one of ., .., ${reservedUserIds.join(', ')}.`)

const profileMembers = {
  externalId: externalId.optional(),
  /** Any name a machine may give; `nicknameFailure` holds people to the pattern. */
  nickname: textOrEmpty(1000).optional(),
  profileImage: webAddress.optional(),
  lang: lang.optional(),
  timezone: timezone.optional(),
}

export const userCreate = z.object({
  ...profileMembers,
  email,
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
