// Conditional requests (RFC 9110, section 13), as functions of the request's fields and of what is there: evaluated in the
// order of 13.2.2, each only where the one that takes precedence over it is absent.
//
// What cannot be read is decided so that nobody is told something untrue: an If-Match that is no list of tags cannot be
// shown to hold, so it does not (412); an If-None-Match that is none names nothing that is there, so it holds and the
// representation is sent; a date that is none is ignored, as the RFC says. Being there is what counts for precedence: an
// unreadable If-None-Match still keeps If-Modified-Since from being looked at.

import { type EntityTag, parseEntityTag, parseEntityTags } from './entity-tags.ts'
import { parseHttpDate, wholeSeconds } from './http-date.ts'

/** Of the representation that would be sent. The tag is strong, quotes and all. */
export interface Validators {
  etag: string
  lastModifiedMs: number
  /** Other bytes may come under the same date: it is no strong validator then (8.8.2.2). */
  isDateWeak?: boolean
}

export interface Conditions {
  method: string
  headers: Pick<Headers, 'get'>
  /** For two-digit years. */
  nowMs: number
}

export type Verdict = 'go_on' | 'not_modified' | 'precondition_failed'

/** Methods that neither select nor change a representation: conditions are not theirs (13.2.1). */
const unconditional = ['CONNECT', 'OPTIONS', 'TRACE']

/** Steps 1 to 4 of 13.2.2, for a representation that is there and would be answered with a 2xx. */
export function evaluateConditions({ method, headers, nowMs }: Conditions, current: Validators): Verdict {
  if (unconditional.includes(method)) return 'go_on'
  const isRead = method === 'GET' || method === 'HEAD'
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null) {
    if (!isNamed(ifMatch, current, isSameStrongly)) return 'precondition_failed'
  } else {
    const since = dateIn(headers, 'if-unmodified-since', nowMs)
    if (since !== null && wholeSeconds(current.lastModifiedMs) > since) return 'precondition_failed'
  }
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null) {
    if (!isNamed(ifNoneMatch, current, isSameWeakly)) return 'go_on'
    return isRead ? 'not_modified' : 'precondition_failed'
  }
  const since = isRead ? dateIn(headers, 'if-modified-since', nowMs) : null
  return since !== null && wholeSeconds(current.lastModifiedMs) <= since ? 'not_modified' : 'go_on'
}

/**
 * Step 5: whether Range may be looked at. True without an If-Range. A date counts only where it is the very Last-Modified, and
 * strong, which it is of what we keep, since that is never changed under its address (8.8.2.2).
 */
export function ifRangeHolds({ headers, nowMs }: Conditions, current: Validators): boolean {
  const field = headers.get('if-range')
  if (field === null) return true
  const tag = parseEntityTag(field)
  if (tag) return isSameStrongly(tag, current.etag)
  return current.isDateWeak !== true && parseHttpDate(field, nowMs) === wholeSeconds(current.lastModifiedMs)
}

/** `*` names whatever there is. */
function isNamed(field: string, { etag }: Validators, isSame: (tag: EntityTag, etag: string) => boolean): boolean {
  const tags = parseEntityTags(field)
  return tags === '*' || (tags ?? []).some((tag) => isSame(tag, etag))
}

/** 8.8.3.2; ours is never weak. */
const isSameStrongly = (tag: EntityTag, etag: string): boolean => !tag.isWeak && tag.opaque === etag
const isSameWeakly = (tag: EntityTag, etag: string): boolean => tag.opaque === etag

function dateIn(headers: Pick<Headers, 'get'>, name: string, nowMs: number): number | null {
  const field = headers.get(name)
  return field === null ? null : parseHttpDate(field, nowMs)
}
