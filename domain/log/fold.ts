// The one fold: from the items that the regions and pending/ hold to the log they mean. Rehydration, verify and
// rebuild all go through here, so they cannot disagree.
//
// Guarantees: every commit on the chain stands exactly once and without gaps from sequence 1 to the head; what a dead
// life of the object wrote late falls off the chain and is counted as voided; two different commits under one
// (incarnation, sequence) are a fork and never silently resolved.
// Trade-off: all items of one log are in memory at once; a log is one user's or one workspace's.

import { createHash } from 'node:crypto'
import { fail, ok, type Result } from '../result.ts'
import { type Commit, origin, type PackedItem, type Position } from './types.ts'

export type FoldError = { code: 'log/gap' | 'log/fork' | 'log/corrupt'; detail: string }

export interface FoldedLog {
  commits: Commit[]
  head: Position
  /** Commits that are in the items and not on the chain: written by a life that had already been replaced, never acknowledged. */
  voided: number
}

export const digestOf = (body: string): string => createHash('sha256').update(body).digest('hex')

/** One digest of many texts, each told from the next. */
export function digestOfAll(texts: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length} ${text}\n`)
  return hash.digest('hex')
}

/** Pure; items may come in any order, repeated, and from any mix of sources. */
export function foldLog(items: PackedItem[]): Result<FoldedLog, FoldError> {
  const found = new Map<string, { text: string; commit: Commit }>()
  const seen = new Set<string>()
  let head: Position = origin
  for (const item of items) {
    if (seen.has(item.digest)) continue
    seen.add(item.digest)
    const commits = parseItem(item)
    if (!commits) return fail({ code: 'log/corrupt', detail: `item ${item.writer}#${item.from} does not hold what its digest says` })
    for (const commit of commits) {
      const key = `${commit.incarnation}#${commit.sequence}`
      const text = JSON.stringify(commit)
      const before = found.get(key)
      if (before && before.text !== text) return fail({ code: 'log/fork', detail: `two commits stand at ${key}` })
      found.set(key, { text, commit })
      if (commit.incarnation > head.incarnation || (commit.incarnation === head.incarnation && commit.sequence > head.sequence)) {
        head = { incarnation: commit.incarnation, sequence: commit.sequence }
      }
    }
  }
  return walkBack(found, head)
}

function walkBack(found: Map<string, { commit: Commit }>, head: Position): Result<FoldedLog, FoldError> {
  const commits: Commit[] = []
  let { incarnation, sequence } = head
  while (sequence > 0) {
    const entry = found.get(`${incarnation}#${sequence}`)
    if (!entry)
      return fail({
        code: 'log/gap',
        detail: `no commit at ${incarnation}#${sequence}, though ${head.incarnation}#${head.sequence} is there`,
      })
    commits.push(entry.commit)
    incarnation = entry.commit.previousIncarnation
    sequence -= 1
  }
  commits.reverse()
  return ok({ commits, head, voided: found.size - commits.length })
}

function parseItem(item: PackedItem): Commit[] | null {
  if (digestOf(item.body) !== item.digest) return null
  try {
    const commits = JSON.parse(item.body)
    return Array.isArray(commits) ? commits : null
  } catch {
    return null
  }
}
