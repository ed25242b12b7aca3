// A workspace's configuration: what admins write, what its object decides, what its commits carry.

import type { Series } from '../boards/types.ts'
import type { PlayerCommand, ProfilePatch, UserProfile } from '../player/types.ts'
import type { WorkspaceSettings } from '../rules/types.ts'

export interface WorkspaceDocument {
  workspaceId: string
  accountId: string
  name: string
  slug: string
  plan: 'STANDARD' | 'PREMIUM' | 'ENTERPRISE'
  type: 'EDU' | 'PLAY' | 'CUSTOM' | 'CATALOG'
  settings: WorkspaceSettings
  createdAtMs: number
  updatedAtMs: number
}

export type ResourceType = 'activity' | 'virtual-currency' | 'reward-rule' | 'runtime-leaderboard-configuration'

/** A configuration resource as the workspace's log keeps it. `body` is what the client wrote (validated, defaults in), without id, times and translations. */
export interface StoredResource {
  type: ResourceType
  id: string
  stage: 'DRAFT' | 'PUBLISHED' | 'ARCHIVED'
  body: Record<string, unknown>
  translations: Translation[]
  createdAtMs: number
  updatedAtMs: number
  /** What acts: `body` as of the last publish. A later replace acts only once it is published again. */
  published?: Record<string, unknown>
  firstPublishedAtMs?: number
}

export type Translation = { lang: string } & Record<string, unknown>

export type WorkspaceCommand =
  | { kind: 'workspace.create'; workspace: WorkspaceDocument }
  | { kind: 'workspace.settings'; settings: Partial<WorkspaceSettings> }
  | { kind: 'resource.create'; type: ResourceType; id: string; body: Record<string, unknown>; translations: Translation[] }
  | { kind: 'resource.replace'; type: ResourceType; id: string; body: Record<string, unknown>; translations: Translation[] }
  | { kind: 'resource.publish'; type: ResourceType; id: string }
  | { kind: 'series.create'; series: Omit<Series, 'sinceRuleSet' | 'virtualCurrencyId'> }
  | { kind: 'series.update'; seriesId: string; series: Omit<Series, 'sinceRuleSet' | 'virtualCurrencyId' | 'createdAtMs'> }
  /** Claims the id (and the external id), then the user's own object is told. */
  | { kind: 'user.create'; profile: UserProfile }
  | { kind: 'user.update'; userId: string; patch: ProfilePatch }
  | { kind: 'user.delete'; userId: string }

export interface DirectoryEntry {
  userId: string
  externalId?: string
  deleted?: true
}

export interface WorkspaceEffects {
  workspace?: WorkspaceDocument
  resources?: StoredResource[]
  series?: Series[]
  directory?: DirectoryEntry[]
  /** A command that the user's own object must carry out: sent until confirmed. */
  player?: { userId: string; command: PlayerCommand }
  /** This commit published that rule set. Its content is a pure function of the state after the commit. */
  ruleSet?: number
  /** A series that earlier commits must be folded into: every user is asked for scores, until confirmed. */
  backfill?: { seriesId: string }
}

export interface WorkspaceView {
  workspace(): WorkspaceDocument | null
  resource(type: ResourceType, id: string): StoredResource | null
  resources(type: ResourceType): StoredResource[]
  series(): Series[]
  user(userId: string): DirectoryEntry | null
  userByExternalId(externalId: string): DirectoryEntry | null
  ruleSetNumber(): number
}
