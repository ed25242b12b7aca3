// The ports that handlers and consumers are given. workers/composition.ts builds them from Env; tests build their own.

import type { RegionLog } from '../aws-core/dynamodb/region-log.ts'
import type { RegionMark } from '../aws-core/regions/region-marks.ts'
import type { IndexStore } from '../d1/index-store.ts'
import type { BoardRef } from '../domain/boards/types.ts'
import type { BlobCopies, BlobReader } from '../domain/media/blobs.ts'
import type { OutboxMessage } from '../domain/outbox.ts'
import type { Result } from '../domain/result.ts'
import type { RuleSet } from '../domain/rules/types.ts'
import type { Mailer } from '../domain/sign-in/mail.ts'
import type { LeaderboardRpc } from '../durable-objects/leaderboard/rpc.ts'
import type { PlayerRef, PlayerRpc } from '../durable-objects/player/rpc.ts'
import type { RateLimiterRpc } from '../durable-objects/rate-limiter/rpc.ts'
import type { SignInRpc } from '../durable-objects/sign-in/rpc.ts'
import type { UploadRpc } from '../durable-objects/upload/rpc.ts'
import type { WorkspaceRpc } from '../durable-objects/workspace/rpc.ts'
import type { BlobStore } from '../r2/blob-store.ts'
import type { LivedLogs } from '../r2/lived-logs.ts'
import type { RegionStandings } from '../r2/region-standings.ts'
import type { EdgeCache } from './media/edge-cache.ts'
import type { ImageTransformer } from './media/image-transformer.ts'
import type { MediaMemory } from './media/media-memory.ts'
import type { WorkspaceEdges } from './workspace-edges.ts'

export interface Services {
  now: () => number
  newId: () => string
  player: (ref: PlayerRef) => PlayerRpc
  workspace: (workspaceId: string) => WorkspaceRpc
  leaderboard: (board: BoardRef) => LeaderboardRpc
  /** The rule set and who may come, remembered by the isolate for at most two seconds. `resource/not_found`: no such workspace. */
  workspaceEdge: WorkspaceEdges
  /** The workspace was made here and now: other isolates may say for two more seconds that there is none, if they were asked before. */
  forgetMiss: (workspaceId: string) => void
  /** The rule set of the same, remembered by the isolate for at most two seconds. `resource/not_found`: no such workspace. */
  ruleSet: (workspaceId: string) => Promise<Result<RuleSet>>
  /** Resolves once no isolate remembers an older rule set or access any more (RULES_REMEMBERED_MS later): publishing answers after it. */
  settleRules: () => Promise<void>
  index: IndexStore
  /** In order of preference. */
  regions: RegionLog[]
  /** What is known of each region as a whole, and by what it is watched. */
  regionStandings: RegionStandings
  regionMarks: RegionMark[]
  /** Every log that there ever was. */
  livedLogs: LivedLogs
  /** R2's pending/ answers a list: how health and the edge path know it is there. */
  pingPending: () => Promise<boolean>
  enqueue: (messages: OutboxMessage[]) => Promise<void>
  /** The object that counts one bucket: `{workspaceId}:{principal}`, or mails (workers/sign-in/mail-budget.ts). */
  rateLimiter: (name: string) => RateLimiterRpc
  /** The object that keeps the codes of one mailbox in one workspace (`signInName`). */
  signIn: (name: string) => SignInRpc
  mailer: Mailer
  /** The object that keeps one upload: `uploadName(workspaceId, uploadId)`. */
  upload: (name: string) => UploadRpc
  /** R2, as media use it. */
  blobs: BlobStore
  /** Where media are read from: R2, and its copy while R2 fails. */
  origin: BlobReader
  /** The second origin; null where none is configured. */
  copies: BlobCopies | null
  edgeCache: EdgeCache
  images: ImageTransformer
  /** What this isolate remembers of media. */
  mediaMemory: MediaMemory
  pause: (ms: number) => Promise<void>
}
