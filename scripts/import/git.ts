// Runs git on a repository that is somebody else's: no shell, no pager, no external diff, none of the variables that
// would point git at another repository than the one that is named.

import { spawn } from 'node:child_process'
import { once } from 'node:events'

const redirecting = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_COMMON_DIR', 'GIT_NAMESPACE', 'GIT_PREFIX']

export function gitEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' }
  for (const name of redirecting) delete environment[name]
  return environment
}

/** Standard output, piece by piece. Throws with git's own words when it fails; ends git when the reader stops early. */
export async function* git(directory: string, args: string[]): AsyncGenerator<Buffer> {
  const child = spawn('git', ['-C', directory, '-c', 'i18n.logOutputEncoding=UTF-8', ...args], {
    env: gitEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaint: Buffer[] = []
  child.stderr.on('data', (piece: Buffer) => complaint.push(piece))
  // Listened to from the start: a child that could not be spawned emits `error` and may never emit `close`.
  const ended = Promise.race([once(child, 'close'), once(child, 'error').then(([error]) => Promise.reject(error))])
  ended.catch(() => {})
  try {
    for await (const piece of child.stdout) yield piece as Buffer
    const [code] = await ended
    if (code !== 0) throw new Error(`git ${args[0]} failed in ${directory}: ${Buffer.concat(complaint).toString('utf8').trim()}`)
  } finally {
    if (child.exitCode === null) child.kill()
  }
}

/** Lines as bytes, without their newline: names in old commits are not always UTF-8. */
export async function* lines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  for await (const piece of pieces) {
    let from = 0
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, from)) {
      const rest = piece.subarray(from, at)
      yield held.length > 0 ? Buffer.concat([...held, rest]) : rest
      held = []
      from = at + 1
    }
    if (from < piece.length) held.push(piece.subarray(from))
  }
  if (held.length > 0) yield Buffer.concat(held)
}

/** Whether the directory is in a git repository that has a commit to start from. */
export async function hasHistory(directory: string): Promise<boolean> {
  try {
    for await (const _ of git(directory, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']));
    return true
  } catch {
    return false
  }
}
