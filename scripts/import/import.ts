// Brings a repository's history into a workspace, over the public API: an author is a user, a commit is an event whose
// id is its hash. Killed at any moment and run again, it goes on where the server had acknowledged; run once more, it
// changes nothing, because every id is the same.
//
// The trade-off: history is read whole before it is sent, some 300 bytes a commit, so that an author's commits can be
// sent together. A commit whose author is renamed in .mailmap after its import stays with the user it was given to.

import { realpathSync } from 'node:fs'
import { sendBatch, toBatches, toLog } from './batches.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { type Api, apiClient, type Client, type ClientOptions, defaultPatienceMs, expectStatus, type Waiting, wait } from './client.ts'
import { type Author, type Commit, completedAtMs, earliestMs, readHistory } from './git-log.ts'
import { inFlight } from './in-flight.ts'
import { ensureSetup, monthStart, type Setup } from './setup.ts'
import { ensureUser } from './users.ts'

export interface ImportOptions {
  api: Api
  repository: string
  /** As `git log --since`. */
  since?: string
  log: (line: string) => void
  progress?: (phase: 'reading' | 'authors' | 'commits', done: number, total?: number) => void
  checkpointDir: string
  /** How many batches, or users, are under way at once. */
  width?: number
  client?: ClientOptions
}

export interface ImportSummary {
  workspaceId: string
  setup: Setup | null
  commits: number
  authors: number
  /** Acknowledged by an earlier run: not sent. */
  skipped: number
  /** Acknowledged in this run, and of these: what the server had before, what of that says something else, what waits at the edge. */
  acknowledged: number
  replayed: number
  differing: number
  edge: number
  refused: number
  /** The user with the most commits; null for an empty history. */
  topUserId: string | null
}

/** Throws `Unavailable` when the server stays away, `Refused` when it will not have what every import needs. */
export async function importRepository(options: ImportOptions): Promise<ImportSummary> {
  const client = apiClient(options.api, options.client)
  const workspace = await client.send('dashboard', 'GET', '/dashboard/v1/workspace')
  const { workspaceId } = expectStatus<{ workspaceId: string }>(workspace, 'read the workspace', 200)
  const checkpoint = openCheckpoint(options.checkpointDir, realpathSync(options.repository), workspaceId)
  await discardIfForeign(client, checkpoint, options.log)

  const history = await readByAuthor(options)
  const summary: ImportSummary = {
    workspaceId,
    setup: checkpoint.setup(),
    commits: history.commits,
    authors: history.authors.size,
    skipped: 0,
    acknowledged: 0,
    replayed: 0,
    differing: 0,
    edge: 0,
    refused: 0,
    topUserId: null,
  }
  if (history.commits === 0) {
    options.log(options.since ? `No commits since ${options.since}.` : 'The repository has no commits.')
    return summary
  }
  summary.setup = await setUp(client, checkpoint, history.firstMs, options)
  const open = [...history.authors.values()].map((entry) => ({
    author: entry.author,
    commits: entry.commits.filter((commit) => !checkpoint.acknowledged.has(commit.sha)),
  }))
  await sendUsers(client, checkpoint, open, options)
  await sendCommits(client, checkpoint, open, options, summary)
  summary.topUserId = checkpoint.users.get(topOf(history.authors)) ?? null
  tell(summary, options.log)
  return summary
}

/** A checkpoint that the server knows nothing of is from before a reset: acting on it would lose every commit it lists. */
async function discardIfForeign(client: Client, checkpoint: Checkpoint, log: (line: string) => void): Promise<void> {
  const setup = checkpoint.setup()
  if (!setup) return
  const [userId] = checkpoint.users.values()
  const paths = [`activities/${setup.activityId}`, ...(userId === undefined ? [] : [`users/${encodeURIComponent(userId)}`])]
  for (const path of paths) {
    const reply = await client.send('dashboard', 'GET', `/dashboard/v1/${path}`)
    if (reply.status !== 404) {
      expectStatus(reply, `read ${path}`, 200)
      continue
    }
    log('The server does not know what was imported before: starting over.')
    checkpoint.discard()
    return
  }
}

interface History {
  authors: Map<string, { author: Author; commits: Commit[] }>
  commits: number
  firstMs: number
}

async function readByAuthor({ repository, since, progress }: ImportOptions): Promise<History> {
  const history: History = { authors: new Map(), commits: 0, firstMs: Number.POSITIVE_INFINITY }
  for await (const commit of readHistory(repository, since)) {
    const entry = history.authors.get(commit.author.key) ?? { author: commit.author, commits: [] }
    history.authors.set(commit.author.key, entry)
    entry.commits.push(commit)
    history.firstMs = Math.min(history.firstMs, completedAtMs(commit))
    history.commits += 1
    progress?.('reading', history.commits)
  }
  progress?.('reading', history.commits, history.commits)
  // Oldest first, as they happened.
  for (const { commits } of history.authors.values()) commits.reverse()
  return history
}

/** Boards start with the repository, whatever --since shows of it: a later run may show more. */
async function setUp(client: Client, checkpoint: Checkpoint, shownFirstMs: number, { repository, since }: ImportOptions): Promise<Setup> {
  const firstMs = since ? await earliestMs(repository) : shownFirstMs
  const known = checkpoint.setup()
  if (known && Date.parse(known.startsAt) <= Date.parse(monthStart(firstMs))) return known
  const setup = await ensureSetup(client, firstMs)
  checkpoint.addSetup(setup)
  return setup
}

type Open = { author: Author; commits: Commit[] }[]

async function sendUsers(client: Client, checkpoint: Checkpoint, open: Open, options: ImportOptions): Promise<void> {
  const unknown = open.filter(({ author, commits }) => commits.length > 0 && !checkpoint.users.has(author.key))
  let done = 0
  await inFlight(unknown, options.width ?? 8, async ({ author }) => {
    checkpoint.addUser(author.key, await ensureUser(client, author, waitingOf(options)))
    options.progress?.('authors', ++done, unknown.length)
  })
}

async function sendCommits(client: Client, checkpoint: Checkpoint, open: Open, options: ImportOptions, summary: ImportSummary) {
  const waiting = waitingOf(options)
  const total = open.reduce((sum, { commits }) => sum + commits.length, 0)
  summary.skipped = summary.commits - total
  const logs = open.map(({ author, commits }) => commits.map((commit) => toLog(commit, checkpoint.users.get(author.key) as string)))
  await inFlight(toBatches(logs), options.width ?? 4, async (batch) => {
    const outcome = await sendBatch(client, batch, waiting)
    if (outcome.acknowledged.length > 0) checkpoint.addAcknowledged(outcome.acknowledged)
    summary.acknowledged += outcome.acknowledged.length
    summary.replayed += outcome.replayed
    summary.differing += outcome.differing
    summary.edge += outcome.edge
    for (const { sha, problem } of outcome.refused) {
      if (summary.refused++ < 10) options.log(`refused ${sha}: ${problem}`)
    }
    options.progress?.('commits', summary.acknowledged + summary.refused, total)
  })
}

function waitingOf({ client = {} }: ImportOptions): Waiting {
  const { now = Date.now, random = Math.random, sleep = wait, patienceMs = defaultPatienceMs } = client
  return { now, random, sleep, patienceMs }
}

function topOf(authors: History['authors']): string {
  let top: { key: string; commits: number } = { key: '', commits: -1 }
  for (const [key, { commits }] of authors) if (commits.length > top.commits) top = { key, commits: commits.length }
  return top.key
}

function tell(summary: ImportSummary, log: (line: string) => void): void {
  const { commits, authors, skipped, acknowledged, replayed, differing, edge, refused } = summary
  if (differing > 0) log(`${differing} commits were recorded before with another date or other line counts; they stay as they were.`)
  if (acknowledged === replayed && refused === 0) {
    log(`Nothing new: all ${commits} commits by ${authors} authors were imported before.`)
    return
  }
  const notes = [
    skipped > 0 && `${skipped} before`,
    replayed > 0 && `${replayed} were there already`,
    edge > 0 && `${edge} wait at the edge for the record`,
    refused > 0 && `${refused} refused`,
  ].filter(Boolean)
  log(`Imported ${acknowledged} of ${commits} commits by ${authors} authors${notes.length > 0 ? ` (${notes.join(', ')})` : ''}.`)
}
