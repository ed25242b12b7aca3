// From Env to the ports: the composition root of the worker. Nothing behind it sees Env. Built once per isolate;
// whatever belongs to one request (stubs, region clients) is made when it is asked for.

import { nanoid } from 'nanoid'
import { d1IndexStore } from '../d1/d1-index-store.ts'
import type { BoardRef } from '../domain/boards/types.ts'
import type { OutboxMessage } from '../domain/outbox.ts'
import { objectStub } from '../durable-objects/addresses.ts'
import type { LeaderboardRpc } from '../durable-objects/leaderboard/rpc.ts'
import { regionsOf } from '../durable-objects/log/environment.ts'
import type { PlayerRpc } from '../durable-objects/player/rpc.ts'
import type { WorkspaceRpc } from '../durable-objects/workspace/rpc.ts'
import { r2PendingStore } from '../r2/pending-store.ts'
import { parseIssuers } from './edge/auth/issuers.ts'
import { fetchJwksOverHttp } from './edge/auth/keys.ts'
import { tokenVerifier } from './edge/auth/verify.ts'
import { pageTokens } from './edge/page-token.ts'
import type { EdgeParts } from './edge/parts.ts'
import { retrying } from './retry.ts'
import { rememberedRuleSets } from './rule-sets.ts'
import type { Services } from './services.ts'

const ports = { random: Math.random, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) }
const now = (): number => Date.now()

function servicesOf(env: Env): Services {
  const stubs = <Rpc extends object>(namespace: DurableObjectNamespace, name: string): Rpc =>
    retrying<Rpc>(() => objectStub<Rpc>(namespace, name, env.JURISDICTION), ports)
  const workspace = (workspaceId: string): WorkspaceRpc => stubs(env.WORKSPACE, workspaceId)
  return {
    now,
    newId: () => nanoid(),
    player: ({ workspaceId, userId }) => stubs<PlayerRpc>(env.PLAYER, `${workspaceId}:${userId}`),
    workspace,
    leaderboard: ({ workspaceId, boardId }: BoardRef) => stubs<LeaderboardRpc>(env.LEADERBOARD, `${workspaceId}:${boardId}`),
    ruleSet: rememberedRuleSets({
      now,
      rememberMs: Number(env.RULES_REMEMBERED_MS),
      load: (workspaceId) => workspace(workspaceId).ruleSet(workspaceId),
    }),
    settleRules: () => ports.sleep(Number(env.RULES_REMEMBERED_MS)),
    index: d1IndexStore(env.INDEX, now),
    get regions() {
      return regionsOf(env)
    },
    pingPending: () => r2PendingStore(env.BYTES).ping(),
    enqueue: (messages) => enqueue(env.OUTBOX, messages),
  }
}

/** Messages are small (outbox.ts), so the queue's 100 a batch is the limit that is met first; 25 stay under 256 KB. */
async function enqueue(queue: Queue, messages: OutboxMessage[]): Promise<void> {
  for (let i = 0; i < messages.length; i += 25) await queue.sendBatch(messages.slice(i, i + 25).map((body) => ({ body })))
}

/** Throws on a configuration that cannot be right. */
export function edgePartsOf(env: Env): EdgeParts {
  if (!env.TOKEN_KEY || env.TOKEN_KEY.length < 16) throw new Error('TOKEN_KEY must have at least 16 characters')
  return {
    services: servicesOf(env),
    verifier: tokenVerifier({ issuers: parseIssuers(env.ISSUERS), now, fetchJwks: fetchJwksOverHttp }),
    pages: pageTokens(env.TOKEN_KEY),
    operatorKey: env.OPERATOR_KEY ?? '',
    log: (line) => console.log(line),
  }
}
