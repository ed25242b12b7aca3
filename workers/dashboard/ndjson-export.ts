// A list of any length as NDJSON: a page of the index is read when the receiver wants more, so neither the whole nor two
// pages are ever in memory.
//
// What cannot be read ends the stream with an error: a connection that breaks off, never an export that looks whole. So does a
// reader who takes nothing for minutes: exports are shared out among workspaces.

import type { Result } from '../../domain/result.ts'
import { describeError, eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'
import type { Edge } from '../edge/edge.ts'
import { exportPatience } from '../edge/limits/edge-shares.ts'
import { type Turn, takeTurn } from '../edge/limits/turn.ts'

/** `server/overloaded` where too many are under way. */
export const exportTurn = ({ shares, services }: Edge, workspaceId: string): Promise<Result<Turn>> =>
  takeTurn(shares.exports, { key: workspaceId, weight: 1 }, exportPatience, services)

export interface ExportLog {
  now: () => number
  log: LogLine
  /** What the operator's line says where it cannot be finished. */
  event: string
  workspaceId: string
}

export const ndjson = 'application/x-ndjson'

export const linesOf = (rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** `pages` are texts of whole lines. The turn ends with the stream. */
export function ndjsonExport(
  pages: AsyncGenerator<string>,
  turn: Turn,
  { now, log, event, workspaceId }: ExportLog,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          if (!turn.renew()) throw new Error('nothing was taken for minutes')
          const { value, done } = await pages.next()
          if (!done) return controller.enqueue(encoder.encode(value))
          turn.end()
          controller.close()
        } catch (thrown) {
          turn.end()
          log(eventLogLine({ atMs: now(), event, workspaceId, error: describeError(thrown) }))
          controller.error(new Error('the export could not be finished'))
        }
      },
      cancel: () => turn.end(),
    },
    // Nothing is read ahead, and nothing at all for a HEAD.
    { highWaterMark: 0 },
  )
}
