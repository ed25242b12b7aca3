// One call to a Durable Object by RPC, as the platform's own Worker makes it: of a method that does nothing; of one that does
// nothing either, but takes and gives what a rank does; and of a rank on a board of the real Leaderboard.

import { DurableObject } from 'cloudflare:workers'
import type { BoardRef } from '../../../domain/boards/types.ts'
import { objectStub } from '../../../durable-objects/addresses.ts'
import type { LeaderboardRpc, RankReply } from '../../../durable-objects/leaderboard/rpc.ts'

/** The floor of any call to an object. */
export class Empty extends DurableObject {
  async number(): Promise<number> {
    return 1
  }

  /** What passing a rank's arguments and answer costs by itself. */
  async shaped(entityId: string): Promise<string> {
    const reply: RankReply = { status: 'ok', value: { ranked: { rank: 1, entityId, name: 'Name', score: 1_000_000 }, totalCount: 1 } }
    return JSON.stringify(reply)
  }
}

interface ObjectsEnv {
  EMPTY: DurableObjectNamespace
  LEADERBOARD: DurableObjectNamespace
}

const board: BoardRef = { workspaceId: 'benchspace', boardId: 'board', seriesId: 'board', periodId: 'PERMANENT' }
export const memberId = (n: number): string => `member-${n}`

export const serve =
  (env: ObjectsEnv) =>
  async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    switch (pathname) {
      case '/empty':
        return new Response(String(await objectStub<Empty>(env.EMPTY, 'one', '').number()))
      case '/shaped':
        return shown(JSON.parse(await objectStub<Empty>(env.EMPTY, 'one', '').shaped(searchParams.get('of') ?? '')))
      case '/rank':
        return shown(JSON.parse(await leaderboard(env).rank(searchParams.get('of') ?? '')))
      case '/open':
        await leaderboard(env).open(board)
        return new Response('ok')
      case '/fill':
        return Response.json(await fill(leaderboard(env), Number(searchParams.get('from')), Number(searchParams.get('to'))))
      default:
        return new Response(null, { status: 404 })
    }
  }

const shown = (read: RankReply): Response => (read.status === 'ok' ? Response.json(read.value) : new Response('lost', { status: 500 }))

const leaderboard = (env: ObjectsEnv) => objectStub<LeaderboardRpc>(env.LEADERBOARD, `${board.workspaceId}:${board.boardId}`, '')

function fill(leaderboard: LeaderboardRpc, from: number, to: number) {
  const scores = Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    // Spread over the range by a step that is prime to it, so ids say nothing about ranks.
    return { entityId: memberId(n), name: `Name ${n}`, score: ((n * 7_919) % 1_000_003) * 1_000_000, incarnation: 1, sequence: 1 }
  })
  return leaderboard.push(board, scores)
}
