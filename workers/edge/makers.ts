// Whoever makes a URL that lets others do something (a signed media link, an upload URL) is in it, sealed, and is asked for
// when it is used: it is worth what its maker may do now, and nothing when the maker is gone. So no grant outlives its maker,
// and none has to be kept or called back.
//
// Cheap, since images are many: who the maker is is remembered as for any caller (standings.ts), and what the policies say
// of them for as long as the isolate remembers the workspace unchanged.

import { clientNow } from '../../domain/access/standing-now.ts'
import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import type { Maker } from '../../domain/identity.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { Services } from '../services.ts'
import type { PolicyDecider, PolicyRequest } from './policy/decider.ts'
import type { Standings } from './standings.ts'

export interface Makers {
  /**
   * `auth/insufficient_permissions` where the maker may not, or is gone; `resource/not_found` where the workspace is; an outage
   * is told as it is.
   */
  mayStill(workspaceId: string, maker: Maker, asked: MakerAsked): Promise<Result<void>>
}

/** What the URL does, as its maker would ask for it. */
export type MakerAsked = Pick<PolicyRequest, 'action' | 'operation' | 'kind'>

interface MakersParts {
  workspaceEdge: Services['workspaceEdge']
  standings: Standings
  policies: PolicyDecider
}

const noMore = () => fail(failure('auth/insufficient_permissions', 'Whoever made this URL may not do this any more.'))

export function makersOf({ workspaceEdge, standings, policies }: MakersParts): Makers {
  /** By what is remembered of a workspace, and gone with it. */
  const decided = new WeakMap<WorkspaceAccess, Map<string, boolean>>()

  return {
    async mayStill(workspaceId, maker, asked) {
      const workspace = await workspaceEdge(workspaceId)
      if (!workspace.ok) return workspace
      const { access, ruleSet } = workspace.value
      const made = clientNow({ ...maker, workspaceId, accountId: ruleSet.accountId }, access)
      if (made === null) return noMore()
      const now = await standings.now(made)
      if (!now.ok) return now.error.code === 'auth/invalid_token' ? noMore() : now
      const known = decided.get(access) ?? new Map<string, boolean>()
      decided.set(access, known)
      const key = JSON.stringify([asked.operation, now.value])
      const isAllowed = known.get(key) ?? (await policies.decide({ caller: now.value, api: maker.context, ...asked, access })).allowed
      known.set(key, isAllowed)
      return isAllowed ? ok(undefined) : noMore()
    },
  }
}

/** What is kept of a caller in what they make. */
export const makerOf = ({ workspaceId: _, accountId: __, ...maker }: Maker & { workspaceId: string; accountId: string }): Maker => maker
