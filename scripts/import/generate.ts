// Makes a repository with a history: for where there is none to import, and for tests that need ten thousand commits in
// a second. The same numbers give the same commits, hash for hash. It has what real histories have and importers get
// wrong: awkward names, one person under several names and addresses (joined by .mailmap), several addresses under one
// name, equal counts, merges, backdated commits, and hours around midnight in many zones.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { awkwardNames } from './awkward-names.ts'
import { git, gitEnvironment } from './git.ts'

export interface GenerateOptions {
  /** Made if absent; must not be a repository yet. */
  dir: string
  commits: number
  /** At least as many commits as authors, or some will have none. */
  authors: number
  seed: number
}

const branch = 'refs/heads/main'
const zones = ['+0000', '+0200', '-0800', '+0530', '+1400', '-1200', '+0545', '-0330']
const firstDay = Date.UTC(2019, 9, 28) / 1000
const lastDay = Date.UTC(2024, 5, 3) / 1000
const givenNames = ['Ada', 'Ben', 'Chidi', 'Dara', 'Eve', 'Farid', 'Gus', 'Hana', 'Ines', 'Jun', 'Kofi', 'Lea']
const familyNames = ['Okafor', 'Berg', 'Castro', 'Dubois', 'Eriksen', 'Fontaine', 'Gupta', 'Haddad', 'Ito', 'Jansen']

interface Person {
  /** What each of the person's commits is signed with. */
  identities: { name: string; email: string }[]
  mailmap: string[]
}

export async function generateHistory({ dir, commits, authors, seed }: GenerateOptions): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const run = async (...args: string[]) => {
    for await (const _ of git(dir, args));
  }
  await run('-c', 'init.defaultBranch=main', 'init', '--quiet', '--object-format=sha1')
  await run('symbolic-ref', 'HEAD', branch)
  const child = spawn('git', ['-C', dir, 'fast-import', '--quiet', '--date-format=raw'], {
    env: gitEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const complaint: Buffer[] = []
  child.stderr.on('data', (piece: Buffer) => complaint.push(piece))
  child.stdin.on('error', () => {})
  const closed = once(child, 'close')
  for (const command of historyOf(commits, authors, seed)) {
    if (!child.stdin.write(command)) await Promise.race([once(child.stdin, 'drain'), closed])
  }
  child.stdin.end()
  const [code] = await closed
  if (code !== 0) throw new Error(`git fast-import failed: ${Buffer.concat(complaint).toString('utf8').trim()}`)
  // The work tree is where git looks for .mailmap.
  await run('reset', '--quiet', '--hard')
}

function* historyOf(commits: number, authors: number, seed: number): Generator<string> {
  const random = randomFrom(seed)
  const people = Array.from({ length: authors }, (_, index) => personOf(index))
  for (let at = 0; at < commits; at++) {
    const person = people[authorOf(at, authors, random)] as Person
    const identity = person.identities[Math.floor(random() * person.identities.length)] as Person['identities'][number]
    yield commitOf(at, commits, identity, random, at === 0 ? people.flatMap(({ mailmap }) => mailmap) : [])
  }
}

/** Everyone once, then few with many and many with few. */
const authorOf = (at: number, authors: number, random: () => number): number => (at < authors ? at : Math.floor(authors * random() ** 4))

function personOf(index: number): Person {
  const plain = `${givenNames[index % givenNames.length]} ${familyNames[Math.floor(index / givenNames.length) % familyNames.length]} ${index}`
  const name = awkwardNames[index] ?? plain
  const email = (n: number) => `author-${index}-${n}@example.invalid`
  if (index % 7 === 3) {
    const nick = `nick${index}`
    return {
      identities: [
        { name, email: email(0) },
        { name: nick, email: email(1) },
      ],
      mailmap: [`${name} <${email(0)}> ${nick} <${email(1)}>`],
    }
  }
  if (index % 7 === 5) return { identities: [0, 1, 2].map((n) => ({ name, email: email(n) })), mailmap: [] }
  return { identities: [{ name, email: email(0) }], mailmap: [] }
}

/** Commit `at` is mark `at + 1`. In each twenty: a main line, one commit beside it, and the merge of the two. */
function commitOf(
  at: number,
  commits: number,
  { name, email }: { name: string; email: string },
  random: () => number,
  mailmap: string[],
): string {
  const beside = at % 20 === 18 && at + 1 < commits
  const merge = at % 20 === 19 && at > 1
  const parents = at === 0 ? '' : beside ? `from :${at - 1}\n` : merge ? `from :${at - 1}\nmerge :${at}\n` : `from :${at}\n`
  const committed = Math.floor(firstDay + ((lastDay - firstDay) * (at + 1)) / commits)
  // Mostly minutes ago; now and then months: a patch that lay about. Now and then on the very edge of a month in UTC.
  const late = random() < 0.03 ? random() * 200 * 86_400 : random() * 3_600
  const exact = Math.max(firstDay, Math.floor(committed - late))
  const authored = random() < 0.02 ? monthEdge(exact) - (random() < 0.5 ? 1 : 0) : exact
  const zone = () => zones[Math.floor(random() * zones.length)]
  const lines = Array.from({ length: 1 + Math.floor(random() * 12) }, () => `${Math.floor(random() * 1e9)}\n`).join('')
  const change = merge ? '' : `M 644 inline src/file-${Math.floor(random() * 40)}.txt\n${data(lines)}`
  const map = mailmap.length > 0 ? `M 644 inline .mailmap\n${data(`${mailmap.join('\n')}\n`)}` : ''
  return [
    `commit ${branch}\nmark :${at + 1}\n`,
    `author ${name} <${email}> ${authored} ${zone()}\ncommitter Committer <committer@example.invalid> ${committed} ${zone()}\n`,
    data(merge ? `Merge ${at}\n` : `Change ${at}\n`),
    `${parents}${map}${change}\n`,
  ].join('')
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`

/** The start of the month, in UTC, that the second is in; never before the first day. */
function monthEdge(seconds: number): number {
  const date = new Date(seconds * 1000)
  return Math.max(firstDay + 1, Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / 1000)
}

/** mulberry32: small, fast, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
