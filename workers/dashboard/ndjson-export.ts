// A list of any length as NDJSON: a page of the index is read when the receiver wants more, so neither the whole nor two
// pages are ever in memory.
//
// What cannot be read ends the stream with an error: a connection that breaks off, never an export that looks whole.

import { describeError, eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'

export interface ExportLog {
  now: () => number
  log: LogLine
  /** What the operator's line says where it cannot be finished. */
  event: string
  workspaceId: string
}

export const ndjson = 'application/x-ndjson'

export const linesOf = (rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** `pages` are texts of whole lines. */
export function ndjsonExport(pages: AsyncGenerator<string>, { now, log, event, workspaceId }: ExportLog): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await pages.next()
          if (done) controller.close()
          else controller.enqueue(encoder.encode(value))
        } catch (thrown) {
          log(eventLogLine({ atMs: now(), event, workspaceId, error: describeError(thrown) }))
          controller.error(new Error('the export could not be finished'))
        }
      },
    },
    // Nothing is read ahead, and nothing at all for a HEAD.
    { highWaterMark: 0 },
  )
}
