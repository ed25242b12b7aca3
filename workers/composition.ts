// From Env to the ports: the composition root of the worker. Nothing behind it sees Env. Built once per isolate;
// whatever belongs to one request (stubs, region clients) is made when it is asked for.

import { waitUntil } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { credentialsOf } from '../aws-core/credentials.ts'
import { regionMarks } from '../aws-core/regions/region-marks.ts'
import { parseSecondOrigin } from '../aws-core/s3/from-config.ts'
import { s3BlobCopies } from '../aws-core/s3/s3-blob-copies.ts'
import { createSigner } from '../aws-core/signer.ts'
import { d1IndexStore } from '../d1/d1-index-store.ts'
import type { BoardRef } from '../domain/boards/types.ts'
import type { OutboxMessage } from '../domain/outbox.ts'
import { ok } from '../domain/result.ts'
import type { LogLine } from '../domain/telemetry/request-log.ts'
import type { NativeTracing } from '../domain/telemetry/span.ts'
import { objectStub } from '../durable-objects/addresses.ts'
import type { LeaderboardRpc } from '../durable-objects/leaderboard/rpc.ts'
import { regionsOf } from '../durable-objects/log/environment.ts'
import { randomHex, spanExportOf } from '../durable-objects/log/span-export.ts'
import type { PlayerRpc } from '../durable-objects/player/rpc.ts'
import type { RateLimiterRpc } from '../durable-objects/rate-limiter/rpc.ts'
import type { SignInRpc } from '../durable-objects/sign-in/rpc.ts'
import type { UploadRpc } from '../durable-objects/upload/rpc.ts'
import type { WorkspaceRpc } from '../durable-objects/workspace/rpc.ts'
import { r2BlobStore } from '../r2/blob-store.ts'
import { r2LivedLogs } from '../r2/lived-logs.ts'
import { r2PendingStore } from '../r2/pending-store.ts'
import { r2RegionStandings } from '../r2/region-standings.ts'
import { doorsOf } from './doors.ts'
import { makersOf } from './edge/makers.ts'
import { pageTokens } from './edge/page-token.ts'
import type { EdgeParts } from './edge/parts.ts'
import { rememberedStandings } from './edge/standings.ts'
import { edgeTelemetry } from './edge/telemetry/trace.ts'
import { tracedObject } from './edge/telemetry/traced-objects.ts'
import { workersEdgeCache } from './media/edge-cache.ts'
import { imagesBindingTransformer } from './media/image-transformer.ts'
import { ofKnownLength } from './media/known-length.ts'
import { mediaLinks } from './media/links.ts'
import { newMediaMemory } from './media/media-memory.ts'
import { originWithCopies } from './media/origins.ts'
import { retrying } from './retry.ts'
import type { Services } from './services.ts'
import { mailerFrom } from './sign-in/mailer-from.ts'
import { refuseLocalElsewhere } from './stage.ts'
import { uploadGrants } from './uploads/grants.ts'
import { rememberedWorkspaceEdges } from './workspace-edges.ts'

const ports = { random: Math.random, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) }
const now = (): number => Date.now()

function servicesOf(env: Env, log: LogLine): Services {
  const stubs = <Rpc extends object>(namespace: DurableObjectNamespace, kind: string, name: string): Rpc =>
    tracedObject(
      retrying<Rpc>(() => objectStub<Rpc>(namespace, name, env.JURISDICTION), ports),
      kind,
    )
  const workspace = (workspaceId: string): WorkspaceRpc => stubs(env.WORKSPACE, 'Workspace', workspaceId)
  const { workspaceEdge, forgetMiss } = rememberedWorkspaceEdges({
    now,
    pause: ports.sleep,
    rememberMs: Number(env.RULES_REMEMBERED_MS),
    load: (workspaceId) => workspace(workspaceId).edge(workspaceId),
  })
  return {
    now,
    newId: () => nanoid(),
    player: ({ workspaceId, userId }) => stubs<PlayerRpc>(env.PLAYER, 'Player', `${workspaceId}:${userId}`),
    workspace,
    leaderboard: ({ workspaceId, boardId }: BoardRef) => stubs<LeaderboardRpc>(env.LEADERBOARD, 'Leaderboard', `${workspaceId}:${boardId}`),
    workspaceEdge,
    forgetMiss,
    ruleSet: async (workspaceId) => {
      const known = await workspaceEdge(workspaceId)
      return known.ok ? ok(known.value.ruleSet) : known
    },
    settleRules: () => ports.sleep(Number(env.RULES_REMEMBERED_MS)),
    index: d1IndexStore(env.INDEX, now),
    get regions() {
      return regionsOf(env)
    },
    regionStandings: r2RegionStandings(env.BYTES),
    get regionMarks() {
      const { REGIONS: regions, TABLE: table } = env
      return regionMarks({ regions, table, credentials: credentialsOf(env), now, fetch: (request, init) => fetch(request, init) })
    },
    livedLogs: r2LivedLogs(env.BYTES),
    pingPending: () => r2PendingStore(env.BYTES).ping(),
    enqueue: (messages) => enqueue(env.OUTBOX, messages),
    rateLimiter: (name) => stubs<RateLimiterRpc>(env.RATE_LIMITER, 'RateLimiter', name),
    signIn: (name) => stubs<SignInRpc>(env.SIGN_IN, 'SignIn', name),
    mailer: mailerOf(env, log),
    upload: (name) => stubs<UploadRpc>(env.UPLOAD, 'Upload', name),
    ...mediaServicesOf(env),
  }
}

type MediaServices = Pick<Services, 'blobs' | 'origin' | 'copies' | 'edgeCache' | 'images' | 'mediaMemory' | 'pause'>

function mediaServicesOf(env: Env): MediaServices {
  const blobs = r2BlobStore(env.BYTES)
  const copies = copiesOf(env)
  return {
    blobs,
    copies,
    origin: originWithCopies(blobs, copies, now),
    edgeCache: workersEdgeCache(() => caches.default, now),
    images: imagesBindingTransformer(env.IMAGES),
    mediaMemory: newMediaMemory(),
    pause: ports.sleep,
  }
}

/** Until an answer begins, and how slowly a copy may be taken before it is given up; the queue tells it again. */
const copyLimits = { timeoutMs: 5000, slowestBytesPerSecond: 1024 * 1024 }

function copiesOf(env: Env): Services['copies'] {
  const config = parseSecondOrigin(env.SECOND_ORIGIN)
  if (!config.ok) throw new Error(config.error.join('; '))
  if (config.value === null) return null
  const { region } = config.value
  const signer = createSigner({ ...credentialsOf(env), region, service: 's3', now })
  return s3BlobCopies({ ...config.value, ...copyLimits, signer, sized: ofKnownLength, fetch: (request, init) => fetch(request, init) })
}

const mailerOf = (env: Env, log: LogLine) =>
  mailerFrom(
    { stage: env.STAGE, mailer: env.MAILER, from: env.MAIL_FROM, regions: env.REGIONS, credentials: credentialsOf(env) },
    { waitUntil, now, log, fetch: (request, init) => fetch(request, init) },
  )

/** Messages are small (outbox.ts), so the queue's 100 a batch is the limit that is met first; 25 stay under 256 KB. */
async function enqueue(queue: Queue, messages: OutboxMessage[]): Promise<void> {
  for (let i = 0; i < messages.length; i += 25) await queue.sendBatch(messages.slice(i, i + 25).map((body) => ({ body })))
}

/** Throws on a configuration that cannot be right. */
export function edgePartsOf(env: Env, native?: NativeTracing): EdgeParts {
  if (!env.TOKEN_KEY || env.TOKEN_KEY.length < 16) throw new Error('TOKEN_KEY must have at least 16 characters')
  refuseLocalElsewhere(env.STAGE, env.REGIONS)
  const log = (line: string) => console.log(line)
  const services = servicesOf(env, log)
  const doors = doorsOf(env, services, log)
  const standings = rememberedStandings({
    now,
    rememberMs: Number(env.RULES_REMEMBERED_MS),
    directoryEntry: ({ workspaceId, userId }) => services.workspace(workspaceId).directoryEntry(workspaceId, userId),
    life: (ref) => services.player(ref).life(ref),
  })
  return {
    services,
    ...doors,
    pages: pageTokens(env.TOKEN_KEY),
    standings,
    makers: makersOf({ workspaceEdge: services.workspaceEdge, standings, policies: doors.policies }),
    uploadGrants: uploadGrants(env.TOKEN_KEY),
    mediaLinks: mediaLinks(env.TOKEN_KEY),
    operatorKey: env.OPERATOR_KEY ?? '',
    telemetry: edgeTelemetry({ target: spanExportOf(env), now, randomHex, native }),
    log,
  }
}
