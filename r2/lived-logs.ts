// Every log that there ever was, in one order, page by page. Each life of an object claims its number under lives/
// before it writes anything, and no claim is ever removed (pending-store.ts): so this is the one list of all logs, of every
// workspace, that needs no scan of the record.

import { logPath } from '../domain/log/position.ts'
import type { LogRef } from '../domain/log/types.ts'
import { fail, ok, type Result } from '../domain/result.ts'

export interface LivedLogs {
  /** Logs behind `after` (a logPath; empty for the start). `next` is null behind the last. */
  list(
    after: string,
    limit: number,
  ): Promise<Result<{ logs: LogRef[]; next: string | null }, { code: 'lives/unavailable'; detail: string }>>
}

const prefix = 'lives/'

export function r2LivedLogs(bucket: Pick<R2Bucket, 'list'>): LivedLogs {
  return {
    async list(after, limit) {
      try {
        // `~` sorts behind every digit: what follows is another log's first life.
        const page = await bucket.list({ prefix, limit, ...(after !== '' && { startAfter: `${prefix}${after}/~` }) })
        const paths = new Set(page.objects.map(({ key }) => key.slice(prefix.length, key.lastIndexOf('/'))))
        const logs = [...paths].flatMap((path) => parseLogPath(path) ?? [])
        return ok({ logs, next: page.truncated ? ([...paths].at(-1) ?? null) : null })
      } catch (error) {
        return fail({ code: 'lives/unavailable', detail: error instanceof Error ? error.message : String(error) })
      }
    },
  }
}

/** The log that `logPath` named; null for anything else. */
export function parseLogPath(path: string): LogRef | null {
  const [workspaceId, kind, entityId, ...rest] = path.split('/').map(decoded)
  if (!workspaceId || !entityId || rest.length > 0 || (kind !== 'player' && kind !== 'workspace')) return null
  const log: LogRef = { workspaceId, kind, entityId }
  return logPath(log) === path ? log : null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
