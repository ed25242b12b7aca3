// Who the people that call are now, asked of the one object that knows and remembered for as long as a workspace is: two
// seconds. On the dashboard, where people have power, that is the workspace's directory: few people, and the role of now. In
// the app, where the role opens nothing, it is the user's own object, which knows whether they were deleted: as many
// objects as users, so no workspace's object is asked for a hundred thousand of them. What is answered by the user's own
// object anyway is not asked here at all (guards.ts).
//
// Machines are not asked for: their clients are part of what is remembered of the workspace (auth/caller.ts).
//
// Trade-off: whoever was deleted or demoted has at most two seconds more on an isolate that knew them.

import { roleNow } from '../../domain/access/standing-now.ts'
import { failure } from '../../domain/failures.ts'
import type { Caller } from '../../domain/identity.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { DirectoryEntry } from '../../domain/workspace/types.ts'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'
import { RecentMap } from './limits/recent-map.ts'

export interface Standings {
  /**
   * The caller as they stand now: the very same, or with a lower role. At once where it is remembered. `auth/invalid_token`:
   * whoever it was is gone; `record/unavailable`: that cannot be told now.
   */
  now(caller: Caller): Result<Caller> | Promise<Result<Caller>>
}

export interface StandingPorts {
  now: () => number
  rememberMs: number
  /** Deleted ones included; `resource/not_found` for who never was there. */
  directoryEntry: (ref: PlayerRef) => Promise<Result<DirectoryEntry>>
  /** The same of the user's own object. */
  life: (ref: PlayerRef) => Promise<Result<'live' | 'deleted'>>
  /** How many people are remembered. */
  capacity?: number
}

const gone = () => fail(failure('auth/invalid_token', 'Whom this access token was given to is not here any more.'))

export function rememberedStandings({ now, rememberMs, directoryEntry, life, capacity = 5000 }: StandingPorts): Standings {
  const remembered = new RecentMap<{ entry: DirectoryEntry | null; askedAtMs: number }>(capacity)

  async function entryOf({ workspaceId, context }: Caller, userId: string): Promise<Result<DirectoryEntry | null>> {
    const ref = { workspaceId, userId }
    const found = context === 'dashboard' ? await directoryEntry(ref) : await lifeAsEntry(ref)
    if (!found.ok) return found.error.code === 'resource/not_found' ? ok(null) : found
    const { role, deleted } = found.value
    // Nothing else of them is kept here.
    return ok({ userId, ...(role && { role }), ...(deleted && { deleted }) })
  }

  async function lifeAsEntry(ref: PlayerRef): Promise<Result<DirectoryEntry>> {
    const found = await life(ref)
    return found.ok ? ok({ userId: ref.userId, ...(found.value === 'deleted' && { deleted: true }) }) : found
  }

  async function ask(caller: Caller, userId: string, key: string): Promise<Result<Caller>> {
    const askedAtMs = now()
    const entry = await entryOf(caller, userId)
    if (!entry.ok) return entry
    remembered.set(key, { entry: entry.value, askedAtMs })
    return judged(caller, entry.value)
  }

  return {
    now(caller) {
      const { userId, workspaceId, context, platform } = caller
      if (platform === 'm2m' || userId === undefined) return ok(caller)
      const key = `${workspaceId}:${context}:${userId}`
      const known = remembered.get(key)
      return known && now() - known.askedAtMs < rememberMs ? judged(caller, known.entry) : ask(caller, userId, key)
    },
  }
}

function judged(caller: Caller, entry: DirectoryEntry | null): Result<Caller> {
  const role = roleNow(entry, caller)
  if (role === null) return gone()
  // The user's own object knows no role.
  return caller.context === 'app' || role === caller.role ? ok(caller) : ok({ ...caller, role })
}
