// What the server has acknowledged, remembered across runs: one JSON line for each answer, appended after it came. A
// line cut short by a kill is ignored, and what it said is sent again, which changes nothing there. So the file may
// know less than the server, never more. It is a shortcut: without it everything is sent again, to the same end.

import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Setup } from './setup.ts'

type Line = { setup: Setup } | { user: [authorKey: string, userId: string] } | { acknowledged: string[] }

export interface Checkpoint {
  setup(): Setup | null
  /** By author key. */
  users: ReadonlyMap<string, string>
  /** Commit hashes. */
  acknowledged: ReadonlySet<string>
  addSetup(setup: Setup): void
  addUser(authorKey: string, userId: string): void
  addAcknowledged(shas: string[]): void
  /** The server does not know what is remembered here: it was reset. */
  discard(): void
}

/** `repository` is an absolute path without symbolic links. */
export function openCheckpoint(directory: string, repository: string, workspaceId: string): Checkpoint {
  const name = createHash('sha256').update(`${repository}\n${workspaceId}`).digest('hex').slice(0, 16)
  const file = join(directory, `${name}.jsonl`)
  const users = new Map<string, string>()
  const acknowledged = new Set<string>()
  let setup: Setup | null = null

  const take = (line: Line) => {
    if ('setup' in line) setup = line.setup
    else if ('user' in line) users.set(line.user[0], line.user[1])
    else for (const sha of line.acknowledged) acknowledged.add(sha)
  }

  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    for (const line of whole.split('\n')) if (line !== '') take(JSON.parse(line) as Line)
    // The next line must not be glued to the torn one.
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole))
  }

  const add = (line: Line) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 })
    take(line)
  }

  return {
    setup: () => setup,
    users,
    acknowledged,
    addSetup: (value) => add({ setup: value }),
    addUser: (authorKey, userId) => add({ user: [authorKey, userId] }),
    addAcknowledged: (shas) => add({ acknowledged: shas }),
    discard() {
      rmSync(file, { force: true })
      users.clear()
      acknowledged.clear()
      setup = null
    },
  }
}
