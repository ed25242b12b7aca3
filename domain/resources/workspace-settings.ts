// What may be said of a workspace as a whole. Changes are merge patches (RFC 7396): what is not named stays, and null takes
// a value back to what the plan says.

import { z } from 'zod'
import type { InputError } from '../failures.ts'
import type { EffectiveLimits, Limit } from '../limits/types.ts'

const limit = z.object({ quota: z.int().min(1).max(1_000_000), windowSeconds: z.int().min(1).max(3600) })

const suspect = z.object({
  refusals: z.int().min(10).max(1_000_000),
  withinSeconds: z.int().min(1).max(3600),
  limit,
  forSeconds: z
    .int()
    .min(1)
    .max(7 * 24 * 3600),
})

/** An origin as browsers send it: scheme, host and port where it is not the scheme's own; in lower case, without a path. */
const origin = z.string().max(255).refine(isOrigin, 'An origin as browsers send it, https://app.example.org say.')

const seconds = z
  .int()
  .min(1)
  .max(7 * 24 * 3600)

const patchMembers = {
  strict: z.boolean().optional(),
  derivedIdempotency: z.boolean().optional(),
  idempotency: z.object({ givenSeconds: seconds.nullish(), derivedSeconds: seconds.nullish() }).nullish(),
  origins: z.array(origin).max(50).optional(),
  provisioning: z.enum(['open', 'preprovisioned']).optional(),
}
const limitMembers = { principal: limit.nullish(), machine: limit.nullish(), suspect: suspect.nullish() }

/** What an admin of the workspace may change. */
export const settingsPatch = z.object({ ...patchMembers, limits: z.object(limitMembers).nullish() })

/** What the operator may: the workspace's own limit too. */
export const operatorSettingsPatch = z.object({
  ...patchMembers,
  limits: z.object({ ...limitMembers, workspace: limit.nullish() }).nullish(),
})

export type SettingsPatch = z.infer<typeof operatorSettingsPatch>

/** No principal may be given more than the whole workspace has. */
export function limitErrors({ limits }: SettingsPatch, { workspace }: EffectiveLimits): InputError[] {
  const perSecond = ({ quota, windowSeconds }: Limit) => quota / windowSeconds
  return (['principal', 'machine'] as const).flatMap((name) => {
    const given = limits?.[name]
    if (!given || (given.quota <= workspace.quota && perSecond(given) <= perSecond(workspace))) return []
    return [{ pointer: `/limits/${name}`, detail: `More than the workspace's own ${workspace.quota} in ${workspace.windowSeconds} s.` }]
  })
}

function isOrigin(text: string): boolean {
  // Apps in a web view have schemes of their own (capacitor://localhost), which URL knows no origin of.
  if (!/^https?:/.test(text)) return /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(text)
  return URL.canParse(text) && new URL(text).origin === text
}
