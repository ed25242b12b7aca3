// The pure functions' answer to a row of a table, in the words of the table.

import { selectAnswer } from '../../../r2/selection.ts'
import { content, modifiedMs, nowMs, outside, type Row, refused, shared, tag, size as usualSize } from './case.ts'

export function answerOf({ method = 'GET', request, size = usualSize }: Row): { status: number; fields: Record<string, string> } {
  const representation = { etag: tag, lastModifiedMs: modifiedMs, size, shared, content }
  const answer = selectAnswer({ method, headers: new Headers(request), nowMs }, representation)
  if (answer.status === 412) return { status: 412, fields: refused }
  return answer.status === 416 ? { status: 416, fields: outside(answer.size) } : { status: answer.status, fields: answer.fields }
}
