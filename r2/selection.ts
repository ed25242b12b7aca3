// What a GET or HEAD of a representation is answered with: conditions first (RFC 9110, section 13.2.2), then the range
// (section 14.2), and the fields that go with each answer. Nothing is read for it.

import type { Span } from '../domain/media/blobs.ts'
import { type Conditions, evaluateConditions, ifRangeHolds, type Validators } from './conditional.ts'
import { formatHttpDate } from './http-date.ts'
import { contentRange, planRange } from './range.ts'

/** Names of fields are in lower case. */
type Fields = Record<string, string>

export interface Representation extends Validators {
  /** Bytes. */
  size: number
  /** On every answer that shows it or says that it is unchanged: Cache-Control, Vary. */
  shared: Fields
  /** Only with the bytes, or where they would be: Content-Type, Content-Disposition. */
  content: Fields
}

export type Selection =
  /** `span` where it is not the whole. */
  { status: 200 | 206; fields: Fields; span?: Span } | { status: 304; fields: Fields } | { status: 412 } | { status: 416; size: number }

export function selectAnswer(request: Conditions, representation: Representation): Selection {
  const verdict = evaluateConditions(request, representation)
  if (verdict === 'precondition_failed') return { status: 412 }
  const { etag, size, shared, content, lastModifiedMs } = representation
  // Section 15.4.5: no metadata of what is not sent, but what a cache needs to keep what it has.
  if (verdict === 'not_modified') return { status: 304, fields: { etag, ...shared } }
  // Range is defined for GET alone (14.2).
  const isRange = request.method === 'GET' && ifRangeHolds(request, representation)
  const plan = planRange(isRange ? request.headers.get('range') : null, size)
  if (plan.kind === 'unsatisfiable') return { status: 416, size }
  const fields = { etag, 'last-modified': formatHttpDate(lastModifiedMs), 'accept-ranges': 'bytes', ...shared, ...content }
  if (plan.kind === 'whole') return { status: 200, fields: { ...fields, 'content-length': String(size) } }
  const { span } = plan
  return { status: 206, span, fields: { ...fields, 'content-range': contentRange(span, size), 'content-length': String(span.length) } }
}
