// Reads a repository's history as `git shortlog -sn HEAD` counts it: every commit that HEAD reaches, merges included,
// under its author's name as .mailmap has it (%aN). Two authors are one when their names are equal byte by byte, so
// the grouping is done on bytes; a name that is not UTF-8 is shown with U+FFFD in the place of what it is not.
// The empty name is a name too. E-mail addresses are not read at all.

import { createHash } from 'node:crypto'
import { git, lines } from './git.ts'

export interface Author {
  /** The first 40 hex digits of the SHA-256 of the name's bytes. */
  key: string
  name: string
}

export interface Commit {
  sha: string
  author: Author
  authoredAtMs: number
  committedAtMs: number
  /** 0 for merges, as git shows them. */
  insertions: number
  deletions: number
  files: number
}

// Lines keep what they are given: a BOM in a name is part of it.
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

export const authorOf = (name: Buffer): Author => ({
  key: createHash('sha256').update(name).digest('hex').slice(0, 40),
  name: decoder.decode(name),
})

/** git reads a date that it cannot hold as 0; so do we with one that a Date cannot hold in four digits of year. */
const toMs = (seconds: string): number => {
  const value = Number(seconds)
  return Number.isSafeInteger(value) && Math.abs(value) < 253_402_300_800 ? value * 1000 : 0
}

/** What numstat prints; paths are quoted (no -z), so a line is a line, and they are not kept. */
const change = /^(\d+|-)\t(\d+|-)\t/

/** Newest first. `since` is git's own: a date or an approximation such as `2.years.ago`, by committer date. */
export async function* readHistory(repository: string, since?: string): AsyncGenerator<Commit> {
  const options = ['--use-mailmap', '--encoding=UTF-8', '--date=unix', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv']
  // Line counts depend on the algorithm; an event that is read twice should say the same twice.
  options.push('--diff-algorithm=myers')
  const quiet = ['--no-color', '--no-notes', '--no-decorate', '--no-show-signature']
  // A header is told from a change by its first byte: nothing that git prints of a commit can hold a NUL.
  const format = '--format=tformat:%x00%H %ad %cd %aN'
  const args = ['-c', 'log.showRoot=true', 'log', ...options, ...quiet, format, ...(since ? [`--since=${since}`] : []), 'HEAD', '--']
  const known = new Map<string, Author>()
  let commit: Commit | null = null
  for await (const line of lines(git(repository, args))) {
    if (line[0] === 0) {
      if (commit) yield commit
      commit = readHeader(line.subarray(1), known)
      continue
    }
    const counts = commit && change.exec(line.toString('latin1'))
    if (!commit || !counts) continue
    commit.files += 1
    commit.insertions += counts[1] === '-' ? 0 : Number(counts[1])
    commit.deletions += counts[2] === '-' ? 0 : Number(counts[2])
  }
  if (commit) yield commit
}

function readHeader(line: Buffer, known: Map<string, Author>): Commit {
  const shaEnd = line.indexOf(32)
  const authoredEnd = line.indexOf(32, shaEnd + 1)
  const committedEnd = line.indexOf(32, authoredEnd + 1)
  const bytes = line.subarray(committedEnd + 1)
  const raw = bytes.toString('latin1')
  const author = known.get(raw) ?? authorOf(bytes)
  known.set(raw, author)
  return {
    sha: line.toString('latin1', 0, shaEnd),
    author,
    authoredAtMs: toMs(line.toString('latin1', shaEnd + 1, authoredEnd)),
    committedAtMs: toMs(line.toString('latin1', authoredEnd + 1, committedEnd)),
    insertions: 0,
    deletions: 0,
    files: 0,
  }
}

/** When the earliest commit of all that HEAD reaches happened; infinite when there is none. Reads no changes, so it is quick. */
export async function earliestMs(repository: string): Promise<number> {
  let earliest = Number.POSITIVE_INFINITY
  for await (const line of lines(
    git(repository, ['log', '--no-show-signature', '--date=unix', '--format=tformat:%ad %cd', 'HEAD', '--']),
  )) {
    const [authored = '', committed = ''] = line.toString('latin1').split(' ')
    earliest = Math.min(earliest, completedAtMs({ authoredAtMs: toMs(authored), committedAtMs: toMs(committed) }))
  }
  return earliest
}

/** The last millisecond that RFC 3339 can write. */
const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** When the event happened: the author date, whatever it says; the committer date, or 1970, where RFC 3339 cannot say it. */
export function completedAtMs(commit: Pick<Commit, 'authoredAtMs' | 'committedAtMs'>): number {
  const credible = (atMs: number) => atMs >= 0 && atMs <= lastMs
  return [commit.authoredAtMs, commit.committedAtMs].find(credible) ?? 0
}

export interface ShortlogLine {
  author: Author
  commits: number
}

/** `git shortlog -sn HEAD` itself, in its order: most commits first, equal counts by the bytes of the name. */
export async function readShortlog(repository: string, since?: string): Promise<ShortlogLine[]> {
  const result: ShortlogLine[] = []
  for await (const line of lines(git(repository, ['shortlog', '-sn', ...(since ? [`--since=${since}`] : []), 'HEAD', '--']))) {
    const tab = line.indexOf(9)
    result.push({ author: authorOf(line.subarray(tab + 1)), commits: Number(line.toString('latin1', 0, tab)) })
  }
  return result
}
