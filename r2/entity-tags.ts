// Entity tags (RFC 9110, section 8.8.3) and lists of them, by the grammar: a comma, a backslash or a bracket inside a tag is
// part of it, `W/` is weak and `w/` is nothing.

import { withoutBlanks } from './blanks.ts'

/** `"…"`, with its quotes; `isWeak` where `W/` stood before it. */
export interface EntityTag {
  isWeak: boolean
  opaque: string
}

const one = /(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")/y
const separator = /[ \t]*,[ \t]*/y

export function parseEntityTag(text: string): EntityTag | null {
  const read = readTag(text, 0)
  return read && read.end === text.length ? read.tag : null
}

/**
 * The value of If-Match or If-None-Match: `*`, or a list, in which elements may be empty (section 5.6.1.2). Null for what is
 * neither, be it in one element only: half of a list says nothing sure.
 */
export function parseEntityTags(text: string): '*' | EntityTag[] | null {
  const value = withoutBlanks(text)
  if (value === '*') return '*'
  const tags: EntityTag[] = []
  let at = 0
  while (at < value.length) {
    const read = readTag(value, at)
    if (read) tags.push(read.tag)
    at = read?.end ?? at
    if (at === value.length) break
    separator.lastIndex = at
    if (!separator.test(value)) return null
    at = separator.lastIndex
  }
  return tags
}

function readTag(text: string, at: number): { tag: EntityTag; end: number } | null {
  one.lastIndex = at
  const match = one.exec(text)
  return match && { tag: { isWeak: match[1] !== undefined, opaque: match[2] as string }, end: one.lastIndex }
}
