// A workspace's configuration: what admins write, what its object decides, what its commits carry.

import type { AccessEntry, AccessKind, AccessPolicy, AccessValues, ClientSecret, OAuthClient, Throttle } from '../access/types.ts'
import type { Series } from '../boards/types.ts'
import type { Asker, Role } from '../identity.ts'
import type { BlobEntry, MediaCommand, MediaEntry, MediaUsage, ReservedMedia, StoredBlob, StoredMedia } from '../media/types.ts'
import type { PlayerCommand, ProfilePatch, UserProfile } from '../player/types.ts'
import type { SettingsPatch } from '../resources/workspace-settings.ts'
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
  | { kind: 'workspace.plan'; plan: WorkspaceDocument['plan'] }
  /** `by` is who asks; absent: the operator, a first sign-in, or a commit from before it was kept (some of those have a role alone). */
  | (AdministrationCommand & { by?: Asker })
  | { kind: 'resource.create'; type: ResourceType; id: string; body: Record<string, unknown>; translations: Translation[] }
  | { kind: 'resource.replace'; type: ResourceType; id: string; body: Record<string, unknown>; translations: Translation[] }
  | { kind: 'resource.publish'; type: ResourceType; id: string }
  | { kind: 'series.create'; series: Omit<Series, 'sinceRuleSet' | 'virtualCurrencyId'> }
  | { kind: 'series.update'; seriesId: string; series: Omit<Series, 'sinceRuleSet' | 'virtualCurrencyId' | 'createdAtMs'> }
  | MediaCommand

/** Who may come to the workspace, as what, and how much. */
type AdministrationCommand =
  /** A merge patch (RFC 7396) of the settings. */
  | { kind: 'workspace.settings'; settings: SettingsPatch }
  | { kind: 'client.create'; client: OAuthClient }
  | { kind: 'client.update'; clientId: string; patch: Partial<Pick<OAuthClient, 'name' | 'role' | 'scopes'>> }
  /** The others expire then, at the latest: the rotation's overlap. */
  | { kind: 'client.secret.add'; clientId: string; secret: ClientSecret; othersExpireAtMs: number }
  | { kind: 'client.secret.remove'; clientId: string; secretId: string }
  | { kind: 'client.delete'; clientId: string }
  | { kind: 'throttle.create'; throttle: Omit<Throttle, 'createdAtMs'> }
  | { kind: 'throttle.replace'; throttle: Omit<Throttle, 'createdAtMs'> }
  /** `wasByRule`: its limiter says that a rule throttles it, which only a commit can tell later. */
  | { kind: 'throttle.delete'; principal: string; wasByRule?: true }
  /** The text was checked: one forbid that fits the schema. */
  | { kind: 'policy.create'; policy: Pick<AccessPolicy, 'policyId' | 'description' | 'text'> }
  | { kind: 'policy.replace'; policy: Pick<AccessPolicy, 'policyId' | 'description' | 'text'> }
  | { kind: 'policy.delete'; policyId: string }
  /**
   * Claims the id (and the external id), then the user's own object is told. `ifEmailIsNew` refuses an address that a user
   * has already, which is otherwise no mistake.
   */
  | { kind: 'user.create'; profile: UserProfile; role?: Role; ifEmailIsNew?: true }
  | { kind: 'user.update'; userId: string; patch: ProfilePatch }
  | { kind: 'user.delete'; userId: string }
  | { kind: 'user.role'; userId: string; role: Role }
  /** Before the user.create of each of these rows of a file: who sent it, and the ids that were chosen for them (null: the file's own). */
  | { kind: 'user.import'; rows: [row: number, userId: string | null][] }

export interface DirectoryEntry {
  userId: string
  externalId?: string
  /** Of the person's e-mail address (domain/sign-in/email-hash.ts). Several users may have the same. */
  emailHash?: string
  /** Left out: member, since nobody gave them another. */
  role?: Role
  deleted?: true
}

export interface WorkspaceEffects {
  workspace?: WorkspaceDocument
  resources?: StoredResource[]
  series?: Series[]
  directory?: DirectoryEntry[]
  access?: AccessEntry[]
  media?: MediaEntry[]
  blobs?: BlobEntry[]
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
  /** The live one that was made first. */
  userByEmail(emailHash: string): DirectoryEntry | null
  /** Live users with this role. */
  countRole(role: Role): number
  ruleSetNumber(): number
  access<Kind extends AccessKind>(kind: Kind, id: string): AccessValues[Kind] | null
  /** In the order of their ids. */
  accessAll<Kind extends AccessKind>(kind: Kind): AccessValues[Kind][]
  /** Undefined: never was; null: gone for good. A deleted one is here while it can be brought back. */
  media(mediaId: string): StoredMedia | null | undefined
  /** Undefined: never heard of; null: released. */
  blob(blobId: string): StoredBlob | null | undefined
  /** The blob that holds these bytes, by their hash. */
  blobOf(sha256: string): StoredBlob | null
  /** Whether any media names it, deleted ones included. */
  isNamed(blobId: string): boolean
  mediaUsage(): MediaUsage
  /** For unfinished uploads, `exceptUploadId` apart. */
  reservedMedia(nowMs: number, exceptUploadId?: string): ReservedMedia
}
